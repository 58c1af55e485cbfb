// A table of numbers: names at the left, which stay in sight, and in each cell a value with details below it. Scrolled
// sideways where the page is narrow.
import type { ReactNode } from 'react';
import styles from './NumberTable.module.css';

export interface NumberColumn {
  title: string;
  /** What it says exactly. */
  help?: string | undefined;
}

interface TableProps {
  label: string;
  /** That of the names first. */
  columns: readonly NumberColumn[];
  /** `tr`s: a `th` of scope row, then a Value for each further column. */
  children: ReactNode;
}

export function NumberTable({ label, columns, children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too.
    <section className={styles.scroll} tabIndex={0} aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map(({ title, help }) => (
              <th key={title} scope="col" title={help}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface ValueProps {
  /** Below the value, one to a line. */
  details?: readonly string[];
  isBest?: boolean;
  children: ReactNode;
}

export function Value({ details = [], isBest = false, children }: ValueProps) {
  return (
    <td data-best={isBest || undefined}>
      {children}
      {isBest && <span className="visually-hidden"> (best)</span>}
      {details.map((detail) => (
        <span key={detail} className={styles.detail}>
          {detail}
        </span>
      ))}
    </td>
  );
}
