// One titled section of a room.
import { type ReactNode, useId } from 'react';
import styles from './Panel.module.css';
import type { FileDrop } from './useFileDrop.ts';

interface Props {
  title: string;
  /** Beside the title: the state in a few words. */
  note?: ReactNode;
  /** At the title's far end: buttons. */
  actions?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
  /** Takes dropped files. */
  drop?: FileDrop;
}

export function Panel({ title, note, actions, children, className, drop }: Props) {
  const titleId = useId();
  return (
    <section {...drop} aria-labelledby={titleId} className={`${styles.panel} ${className ?? ''}`}>
      <header className={styles.head}>
        <h2 id={titleId}>{title}</h2>
        {note && <span className={styles.note}>{note}</span>}
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}
