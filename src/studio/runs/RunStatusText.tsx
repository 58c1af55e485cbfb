// A run's status in words with a sign before it; how far it came where it is not done.
import type { RunRecord } from '../../worker/protocol/runs.ts';
import { formatCount } from '../format.ts';
import styles from './runs.module.css';
import { STATUS_SIGNS, STATUS_WORDS } from './statusWords.ts';

export function RunStatusText({ run }: { run: RunRecord }) {
  if (run.isImported) return <span className={styles.status}>↓ Imported</span>;
  const isPart = run.status !== 'finished' && run.steps > 0;
  return (
    <span className={styles.status} data-status={run.status}>
      <span aria-hidden="true">{STATUS_SIGNS[run.status]}</span> {STATUS_WORDS[run.status]}
      {isPart && `, step ${formatCount(run.step)} of ${formatCount(run.steps)}`}
    </span>
  );
}
