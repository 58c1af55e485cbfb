// The buttons that start, pause, resume and stop, with the run's state in words; read out when it changes.
import { Button } from '@mantine/core';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { ErrorNote } from '../../../panels/ErrorNote.tsx';
import { useKeptFocus } from '../../../panels/useKeptFocus.ts';
import { currentBudgetBytes, fitBelow, fitToGpu } from '../../../stores/fitStore.ts';
import {
  isActive,
  isBetweenHeats,
  leadRun,
  leaveRun,
  pauseRun,
  type RunState,
  resumeShownRun,
  startRun,
  stopRun,
  useRunStore,
} from '../../../stores/runStore.ts';
import { samplePrompts } from '../../../stores/samplePrompts.ts';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';
import styles from './go.module.css';
import { runName } from './newRun.ts';
import { StepProgress } from './StepProgress.tsx';
import { stateText } from './stateText.ts';
import { useReadiness } from './useReadiness.ts';

const FIT = { label: 'Fit to this GPU', onClick: () => void fitToGpu() };
/** What the plan needs was refused: there is less. */
const FIT_BELOW = { label: 'Fit to this GPU', onClick: () => void fitBelowPlan() };

export function RunBar() {
  const state = useRunStore((store) => store.state);
  const hasSteps = useRunStore((store) => store.hasSteps);
  const readiness = useReadiness();
  const buttons = useKeptFocus();
  const isIdle = state.kind === 'none' || state.kind === 'failed';
  return (
    <div className={styles.bar}>
      <div ref={buttons} className={styles.buttons}>
        <RunButtons state={state} isReady={readiness.kind === 'ready'} />
      </div>
      <div className={styles.barText}>
        <p role="status">{isIdle ? readiness.text : stateText(state, hasSteps)}</p>
        {state.kind === 'shown' && state.run.race && state.isOpen && isActive(leadRun(state).status) && (
          <p className={styles.remark}>{raceText(state.runs)}</p>
        )}
        {state.kind === 'shown' && isActive(state.run.status) && state.run.message && (
          <p className={styles.remark}>{state.run.message}</p>
        )}
        {state.kind === 'shown' && <StepProgress run={state.run} />}
      </div>
      {state.kind === 'failed' && <ErrorNote message={state.message} action={state.canFit ? FIT_BELOW : undefined} />}
      {state.kind === 'shown' && state.runs.length === 1 && state.run.status === 'failed' && state.run.message && (
        <ErrorNote message={state.run.message} />
      )}
      {state.kind === 'shown' && state.message && <ErrorNote message={state.message} />}
      {isIdle && readiness.kind === 'refused' && (
        <ErrorNote message={readiness.reason} action={readiness.canFit ? FIT : undefined} />
      )}
    </div>
  );
}

function RunButtons({ state, isReady }: { state: RunState; isReady: boolean }) {
  const isBetween = state.kind === 'shown' && isBetweenHeats(state);
  const status = isBetween ? 'starting' : state.kind === 'shown' ? leadRun(state).status : state.kind;
  const isWaiting = state.kind === 'shown' && state.pending !== null;
  const stop = (
    <Button variant="default" disabled={isWaiting} onClick={() => void stopRun()}>
      Stop
    </Button>
  );
  switch (status) {
    case 'none':
    case 'failed':
      if (state.kind === 'shown') return <NewRun />;
      return (
        <Button size="md" disabled={!isReady} onClick={() => void train()}>
          Train
        </Button>
      );
    case 'starting':
      return (
        <Button size="md" disabled>
          Train
        </Button>
      );
    case 'preparing':
      return stop;
    case 'running':
      return (
        <>
          <Button variant="default" disabled={isWaiting} onClick={() => void pauseRun()}>
            Pause
          </Button>
          {stop}
        </>
      );
    case 'paused':
      return (
        <>
          <Button disabled={isWaiting} onClick={() => void resumeShownRun()}>
            Resume
          </Button>
          {state.kind === 'shown' && state.isOpen && stop}
          <NewRun />
        </>
      );
    case 'finished':
    case 'stopped':
      return <NewRun />;
    default:
      return status satisfies never;
  }
}

/** How far a race is beyond the adapters on show. */
function raceText(runs: readonly RunRecord[]): string {
  const size = runs[0]?.race?.size ?? runs.length;
  const training = runs.filter(({ status }) => isActive(status)).length;
  const waiting = size - runs.length;
  const later = waiting > 0 ? `; ${waiting} more after these, as memory is short` : '';
  return `${training} of ${size} adapters under way${later}`;
}

function NewRun() {
  return (
    <Button variant="default" onClick={leaveRun}>
      New run
    </Button>
  );
}

async function fitBelowPlan(): Promise<void> {
  const plan = shownPlan(useSettingsStore.getState().plan);
  leaveRun();
  await (plan ? fitBelow(plan.memory.total) : fitToGpu());
}

async function train(): Promise<void> {
  await startRun(runName(), await samplePrompts(), currentBudgetBytes());
}
