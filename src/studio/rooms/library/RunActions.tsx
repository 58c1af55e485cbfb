// What can be done with a run.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { openRoom, routeTo } from '../../routing.ts';
import { canGoFurther, TrainFurther } from '../../runs/TrainFurther.tsx';
import { useDeviceStore } from '../../stores/deviceStore.ts';
import { useLibraryStore } from '../../stores/libraryStore.ts';
import { isActive, isRunActive, resumeRun, useRunStore } from '../../stores/runStore.ts';
import { DeleteRun } from './DeleteRun.tsx';
import { duplicateSettings } from './duplicateSettings.ts';
import { ExportPanel } from './ExportPanel.tsx';
import styles from './library.module.css';
import { RenameRun } from './RenameRun.tsx';
import { SettingsActions } from './SettingsActions.tsx';

type Opened = 'none' | 'further' | 'rename' | 'export' | 'delete';

export function RunActions({ run }: { run: RunRecord }) {
  const [opened, setOpened] = useState<Opened>('none');
  const hasDevice = useDeviceStore((state) => state.device.kind === 'ready');
  const isTraining = useRunStore(({ state }) => isRunActive(state));
  const isThisTraining = isActive(run.status) && run.status !== 'paused';
  const status = useLibraryStore((state) => state.status);
  const race = status.kind === 'ready' && run.race ? raceIn(status.runs, run.race.id) : [];
  const close = () => setOpened('none');

  return (
    <>
      <div className={styles.buttons}>
        {run.hasAdapter && (
          <Button size="xs" component="a" href={routeTo('playground', { run: run.id })}>
            Try in Playground
          </Button>
        )}
        {race.length > 1 && (
          <Button
            size="xs"
            variant="default"
            component="a"
            href={routeTo('compare', { runs: race.map(({ id }) => id).join(',') })}
          >
            Compare its race ({race.length})
          </Button>
        )}
        {run.isResumable && !isThisTraining && run.status !== 'finished' && (
          <Button size="xs" variant="default" disabled={!hasDevice || isTraining} onClick={() => void resume(run)}>
            Resume
          </Button>
        )}
        {canGoFurther(run) && (
          <Button
            size="xs"
            variant="default"
            aria-expanded={opened === 'further'}
            onClick={() => setOpened(opened === 'further' ? 'none' : 'further')}
          >
            Train further…
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => duplicateSettings(run)}>
          Use settings in Train
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={!run.hasAdapter}
          aria-expanded={opened === 'export'}
          onClick={() => setOpened(opened === 'export' ? 'none' : 'export')}
        >
          Export…
        </Button>
        <Button size="xs" variant="default" onClick={() => setOpened(opened === 'rename' ? 'none' : 'rename')}>
          Rename
        </Button>
        <Button size="xs" variant="default" disabled={isThisTraining} onClick={() => setOpened('delete')}>
          Delete…
        </Button>
      </div>
      {!run.isImported && <SettingsActions run={run} />}
      {!hasDevice && run.isResumable && run.status !== 'finished' && (
        <p className={styles.dim}>Resuming needs WebGPU; the saved state waits here.</p>
      )}
      {opened === 'further' && canGoFurther(run) && <TrainFurther run={run} onDone={close} />}
      {opened === 'rename' && <RenameRun run={run} onDone={close} />}
      {opened === 'export' && <ExportPanel run={run} />}
      <DeleteRun run={run} isOpen={opened === 'delete'} onClose={close} />
    </>
  );
}

/** In the order in which they raced. */
function raceIn(runs: readonly RunRecord[], raceId: string): RunRecord[] {
  const race = runs.filter((run) => run.race?.id === raceId);
  return race.sort((a, b) => (a.race?.place ?? 0) - (b.race?.place ?? 0));
}

async function resume(run: RunRecord): Promise<void> {
  openRoom('train');
  await resumeRun(run);
}
