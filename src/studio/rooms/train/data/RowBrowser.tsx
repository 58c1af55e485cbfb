// Pages through the rows as tokens.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { formatExact } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { MaskKey } from './DataPreview.tsx';
import styles from './data.module.css';
import { TokenRow } from './TokenRow.tsx';
import { usePreview } from './usePreview.ts';

const PAGE_ROWS = 5;

export function RowBrowser({ rows }: { rows: number }) {
  const [from, setFrom] = useState(0);
  const preview = usePreview(from, PAGE_ROWS);
  return (
    <section>
      <h3>Rows as tokens</h3>
      <p className={styles.dim}>
        <MaskKey />
      </p>
      {preview.kind === 'failed' && <ErrorNote message={preview.message} />}
      {preview.kind === 'ready' && preview.rows.map((row) => <TokenRow key={row.line} row={row} hasIds />)}
      <div className={styles.row}>
        <Button
          size="compact-sm"
          variant="default"
          disabled={from === 0}
          onClick={() => setFrom(Math.max(from - PAGE_ROWS, 0))}
        >
          Earlier
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          disabled={from + PAGE_ROWS >= rows}
          onClick={() => setFrom(from + PAGE_ROWS)}
        >
          Later
        </Button>
        <span className={styles.dim}>
          {formatExact(from + 1)} to {formatExact(Math.min(from + PAGE_ROWS, rows))} of {formatExact(rows)}
        </span>
      </div>
    </section>
  );
}
