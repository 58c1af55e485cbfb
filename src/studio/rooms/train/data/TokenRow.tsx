// One example as the model meets it: its tokens, the context dimmed and the target lit, since only the target carries loss.
import { Fragment } from 'react';
import type { PreviewRow } from '../../../../worker/protocol/data.ts';
import styles from './data.module.css';

export function TokenRow({ row, hasIds }: { row: PreviewRow; hasIds?: boolean }) {
  const targetCount = row.tokens.filter((token) => token.isTarget).length;
  return (
    <div className={styles.tokenRow}>
      <p className={styles.dim}>
        Line {row.line} · {row.tokens.length} tokens, {targetCount} with loss
      </p>
      <p className={styles.tokens}>
        {row.tokens.map((token, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the row
          <Fragment key={index}>
            <span className={token.isTarget ? styles.target : styles.context} title={`token ${token.id}`}>
              {visible(token.text)}
              {hasIds && <sub>{token.id}</sub>}
            </span>
            {token.text.endsWith('\n') && <br />}
          </Fragment>
        ))}
      </p>
    </div>
  );
}

/** Line ends shown as a sign; a token of spaces alone keeps its width. */
function visible(text: string): string {
  return text.replaceAll('\n', '↵').replace(/^ +$/, (spaces) => '\u00a0'.repeat(spaces.length));
}
