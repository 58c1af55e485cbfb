// A labelled control with plain words below it: what it does, or what is wrong with it.
import { type ReactNode, useId } from 'react';
import styles from './Field.module.css';

interface Props {
  label: string;
  /** The exact term, where the label is plain words. */
  term?: string;
  help?: ReactNode;
  error?: string | null;
  /** Gets the ids that tie the control to label and help. */
  children: (ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }) => ReactNode;
}

export function Field({ label, term, help, error, children }: Props) {
  const id = useId();
  const helpId = `${id}-help`;
  const hasHelp = Boolean(error ?? help);
  return (
    <div className={styles.field}>
      <label htmlFor={id}>
        {label} {term && <span className={styles.term}>{term}</span>}
      </label>
      {children({ id, 'aria-describedby': hasHelp ? helpId : undefined, 'aria-invalid': Boolean(error) })}
      {hasHelp && (
        <p id={helpId} className={error ? styles.error : styles.help}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}
