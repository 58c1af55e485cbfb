// Takes files and folders that are dropped on it; what is in it says what for, and holds the buttons that pick them.
import '@mantine/dropzone/styles.css';
import { Dropzone, type FileWithPath } from '@mantine/dropzone';
import type { ReactNode } from 'react';
import styles from './DropArea.module.css';

interface Props {
  label: string;
  isOff: boolean;
  /** A file of a dropped folder carries its path in it. */
  onDrop: (files: FileWithPath[]) => void;
  children: ReactNode;
}

export function DropArea({ label, isOff, onDrop, children }: Props) {
  return (
    <Dropzone
      className={styles.drop}
      classNames={{ inner: styles.inner }}
      onDrop={onDrop}
      activateOnClick={false}
      activateOnKeyboard={false}
      disabled={isOff}
      useFsAccessApi={false}
      inputProps={{ 'aria-label': label }}
      tabIndex={-1}
    >
      {children}
    </Dropzone>
  );
}
