// A run that the last visit left unfinished: said at once, resumed with one press.
import { Button } from '@mantine/core';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { formatExact } from '../../../format.ts';
import { type LibraryStatus, useLibraryStore } from '../../../stores/libraryStore.ts';
import { resumeRun } from '../../../stores/runStore.ts';
import styles from './go.module.css';

export function Interrupted() {
  const run = useLibraryStore(({ status }) => interruptedRun(status));
  if (run === null) return null;
  return (
    <div className={styles.interrupted}>
      <p>
        “{run.race?.name ?? run.name}” is unfinished: saved at step {formatExact(run.step)} of {formatExact(run.steps)}.
      </p>
      <Button size="compact-md" variant="default" onClick={() => void resumeRun(run)}>
        Resume it
      </Button>
    </div>
  );
}

/** The newest run that can go on. */
function interruptedRun(status: LibraryStatus): RunRecord | null {
  if (status.kind !== 'ready') return null;
  return status.runs.find((run) => run.isResumable && run.status === 'paused') ?? null;
}
