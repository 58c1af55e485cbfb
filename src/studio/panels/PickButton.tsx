// A button that opens the browser's picker, for files or for a whole folder.
import { Button, type ButtonProps } from '@mantine/core';
import { useRef } from 'react';

interface Props extends Pick<ButtonProps, 'size' | 'variant' | 'disabled'> {
  /** The button's words. */
  children: string;
  /** Names what is picked, for those who do not see the button. */
  label: string;
  kind: 'folder' | 'files' | 'file';
  /** Endings of the files that are offered. */
  accept?: string;
  /** Never with none. */
  onPick: (files: File[]) => void;
}

export function PickButton({ children, label, kind, accept, onPick, ...button }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button {...button} onClick={() => input.current?.click()}>
        {children}
      </Button>
      <input
        ref={(element) => {
          input.current = element;
          // React has no name for this attribute.
          if (kind === 'folder') element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        multiple={kind === 'files'}
        accept={accept}
        aria-label={label}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same files again are a new choice.
          currentTarget.value = '';
          if (files.length > 0) onPick(files);
        }}
      />
    </>
  );
}
