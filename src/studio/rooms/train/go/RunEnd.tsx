// After a run: what it reached, and what to do with it.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { call } from '../../../../worker/client.ts';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';

import { formatBytes, formatExact, formatLoss, formatShare } from '../../../format.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { routeTo } from '../../../routing.ts';
import { saveFile } from '../../../runs/saveFile.ts';
import { canGoFurther, TrainFurther } from '../../../runs/TrainFurther.tsx';
import { messageOf } from '../../../stores/messageOf.ts';
import { isActive, isBetweenHeats, type RunState } from '../../../stores/runStore.ts';
import styles from './go.module.css';

export function RunEnd({ state }: { state: Extract<RunState, { kind: 'shown' }> }) {
  const { run, runs } = state;
  const [isGoingOn, setGoingOn] = useState(false);
  if (runs.some(({ status }) => isActive(status)) || isBetweenHeats(state)) return null;
  const kept = runs.filter(({ hasAdapter }) => hasAdapter).map(({ id }) => id);
  return (
    <div className={styles.end}>
      {run.message && run.status !== 'failed' && <p>{run.message}</p>}
      {runs.length > 1 && <p>{run.race?.adapter}, as chosen in the table:</p>}
      <Result run={run} />
      {run.hasAdapter && (
        <div className={styles.buttons}>
          <Button component="a" href={routeTo('playground', { run: run.id })}>
            Try it in the Playground
          </Button>
          <DownloadAdapter run={run} />
          <Button component="a" variant="default" href={routeTo('compare', { runs: kept.join(',') })}>
            {kept.length > 1 ? `Compare all ${kept.length}` : 'Compare'}
          </Button>
          {canGoFurther(run) && (
            <Button variant="default" aria-expanded={isGoingOn} onClick={() => setGoingOn(!isGoingOn)}>
              Train further…
            </Button>
          )}
        </div>
      )}
      {isGoingOn && canGoFurther(run) && <TrainFurther key={run.id} run={run} onDone={() => setGoingOn(false)} />}
    </div>
  );
}

function Result({ run }: { run: RunRecord }) {
  const { accuracy } = run;
  const first = run.evaluations[0];
  const last = run.evaluations.at(-1);
  return (
    <>
      {accuracy && (
        <p className={styles.result}>
          Right on {formatExact(accuracy.rows)} held-out rows: adapter <strong>{formatShare(accuracy.adapter)}</strong>
          {accuracy.base !== null && `, base ${formatShare(accuracy.base)}`}
        </p>
      )}
      {first && last && first !== last && (
        <p className={styles.result}>
          Held-out loss {formatLoss(first.loss)} at step {formatExact(first.step)} →{' '}
          <strong>{formatLoss(last.loss)}</strong> at step {formatExact(last.step)}, on {formatExact(last.rows)} rows
        </p>
      )}
    </>
  );
}

function DownloadAdapter({ run }: { run: RunRecord }) {
  const [error, setError] = useState<string | null>(null);
  const download = async () => {
    setError(null);
    try {
      const what = { kind: 'adapter', runId: run.id } as const;
      const { file, fileName } = await call('exportRun', { what, to: { kind: 'download' } });
      if (file) saveFile(fileName, file);
    } catch (failure) {
      setError(messageOf(failure));
    }
  };
  return (
    <>
      <Button variant="default" onClick={() => void download()}>
        Download adapter ({formatBytes(run.plan.adapterFileBytes)})
      </Button>
      {error && <ErrorNote message={error} />}
    </>
  );
}
