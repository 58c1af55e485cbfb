// What went wrong, in words, announced at once; with the one button that helps where there is one.
import { Button } from '@mantine/core';
import styles from './notes.module.css';

interface Props {
  /** What happened, what was kept, what to do. */
  message: string;
  action?: { label: string; onClick: () => void } | undefined;
}

export function ErrorNote({ message, action }: Props) {
  return (
    <div role="alert" className={styles.error}>
      <p>{message}</p>
      {action && (
        <Button size="compact-sm" variant="default" onClick={action.onClick}>
          {action.label}
        </Button>
      )}
    </div>
  );
}
