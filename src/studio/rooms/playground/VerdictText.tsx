// Right or wrong, in words and by sign.
import styles from './playground.module.css';
import type { SqlResult } from './playgroundStore.ts';
import type { Verdict } from './verdict.ts';

interface Props {
  verdict: Verdict;
  /** What the answer gave as a query; null where it is not one. */
  result: SqlResult | null;
}

export function VerdictText({ verdict, result }: Props) {
  if (verdict === 'unknown') return null;
  return (
    <p className={styles.verdict} data-verdict={verdict}>
      {verdict === 'right' ? (
        <>
          <span aria-hidden="true">✓</span> Right: {result === null ? 'word for word' : 'the same result'}
        </>
      ) : (
        <>
          <span aria-hidden="true">✕</span> Wrong: {wrongBecause(result)}
        </>
      )}
    </p>
  );
}

function wrongBecause(result: SqlResult | null): string {
  if (result === null) return 'other words';
  return 'error' in result ? 'not a query that runs' : 'another result';
}
