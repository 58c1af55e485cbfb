// A finished run goes on: to which step, and what that means for its learning rate.
import { Button } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { RunRecord } from '../../worker/protocol/runs.ts';
import { formatBytes, formatExact } from '../format.ts';
import { NumberField } from '../panels/NumberField.tsx';
import { useReturnedFocus } from '../panels/useReturnedFocus.ts';
import { openRoom } from '../routing.ts';
import { useDeviceStore } from '../stores/deviceStore.ts';
import { isRunActive, trainFurther, useRunStore } from '../stores/runStore.ts';
import styles from './runs.module.css';

/** It has finished, and what it needs to go on is kept. */
export function canGoFurther({ status, isResumable }: RunRecord): boolean {
  return status === 'finished' && isResumable;
}

export function TrainFurther({ run, onDone }: { run: RunRecord; onDone: () => void }) {
  useReturnedFocus();
  const [steps, setSteps] = useState(2 * run.steps);
  const hasDevice = useDeviceStore((state) => state.device.kind === 'ready');
  const isTraining = useRunStore(({ state }) => isRunActive(state));
  const goOn = (event: FormEvent) => {
    event.preventDefault();
    onDone();
    openRoom('train');
    void trainFurther(run, steps);
  };
  return (
    <form className={styles.further} aria-label="Train further" onSubmit={goOn}>
      <NumberField label="New last step" value={steps} min={run.steps + 1} isWhole onChange={setSteps} />
      <p>
        {run.race && run.race.size > 1 && 'All adapters of its race that finished go on. '}
        {rateText(run, steps)}
        {run.stateBytes !== undefined &&
          ` The state to go on from takes ${formatBytes(run.stateBytes)} in this browser, as long as the run is kept.`}
      </p>
      {!hasDevice && <p>Training needs WebGPU; the saved state waits here.</p>}
      <div className={styles.furtherButtons}>
        <Button size="xs" type="submit" disabled={!hasDevice || isTraining || steps <= run.steps}>
          Train to step {formatExact(steps)}
        </Button>
        <Button size="xs" variant="default" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function rateText({ settings, steps: done }: RunRecord, steps: number): string {
  const { schedule } = settings.training;
  const first = `Steps 1 to ${formatExact(done)} stay as they are; adapter, moments and the order of rows go on from there`;
  if (schedule === 'constant') return `${first}, as if ${formatExact(steps)} steps had been chosen at once.`;
  return `${first}. The ${schedule} schedule is laid over ${formatExact(steps)} steps anew: the learning rate had come to its end and goes on at what a run of ${formatExact(steps)} steps has there, so the result is not that of ${formatExact(steps)} steps chosen at once.`;
}
