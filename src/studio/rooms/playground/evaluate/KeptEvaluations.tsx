// Earlier evaluations, by the rows that were asked: opened with every run that answered them.
import { Button } from '@mantine/core';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { formatNoun } from '../../../format.ts';
import styles from './evaluate.module.css';
import { keptEvaluations, showKept, useEvaluate } from './evaluateStore.ts';

export function KeptEvaluations({ runs }: { runs: RunRecord[] }) {
  const shownKey = useEvaluate((state) => state.shown?.dataKey);
  const shownCount = useEvaluate((state) => state.shown?.answerers.filter(({ runId }) => runId !== null).length ?? 0);
  const kept = keptEvaluations(runs).filter(
    ({ dataKey, runIds }) => dataKey !== shownKey || runIds.length > shownCount,
  );
  if (kept.length === 0) return null;
  return (
    <ul className={styles.kept} aria-label="Kept evaluations">
      {kept.map(({ dataKey, dataName, contexts, runIds }) => (
        <li key={dataKey}>
          <Button size="compact-sm" variant="default" onClick={() => void showKept(runIds, dataKey)}>
            Show {dataName}: {formatNoun(contexts, 'context')}, {formatNoun(runIds.length, 'run')}
          </Button>
        </li>
      ))}
    </ul>
  );
}
