// A place with nothing in it yet: what belongs here, and the one button or link that brings it.
import type { ReactNode } from 'react';
import styles from './notes.module.css';

interface Props {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ title, children, action }: Props) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      <div className={styles.emptyText}>{children}</div>
      {action}
    </div>
  );
}
