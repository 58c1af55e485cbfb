// What a query gave on the table, or why it does not run.

import styles from './playground.module.css';
import type { SqlResult } from './playgroundStore.ts';
import { ResultTable } from './ResultTable.tsx';

interface Props {
  caption: string;
  label?: string;
  result: SqlResult | null;
}

export function QueryResult({ caption, label, result }: Props) {
  if (result === null) return null;
  if ('error' in result) {
    // What names SQLite itself is not said by it.
    const isItsOwn = !result.error.startsWith('SQLite');
    return (
      <p className={styles.dim}>
        {isItsOwn && 'SQLite says: '}
        {result.error}
      </p>
    );
  }
  return <ResultTable caption={caption} label={label} columns={result.columns} rows={result.rows} />;
}
