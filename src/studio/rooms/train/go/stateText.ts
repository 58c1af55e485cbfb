// A run's state in words.
import { formatDuration, formatExact, formatLoss } from '../../../format.ts';
import { isBetweenHeats, leadRun, type RunState } from '../../../stores/runStore.ts';

export function stateText(state: RunState, hasSteps: boolean): string {
  if (state.kind === 'none' || state.kind === 'failed') return '';
  if (state.kind === 'starting') return 'Starting…';
  if (isBetweenHeats(state)) return 'Preparing the next adapters of the race…';
  const run = leadRun(state);
  const { pending } = state;
  const name = run.race?.name ?? run.name;
  const soon = hasSteps ? 'after this step' : 'once the untrained model is measured';
  if (pending === 'stop') return `Stopping ${soon}, and saving…`;
  if (pending === 'pause') return `Pausing ${soon}, and saving…`;
  if (pending === 'resume') return 'Resuming…';
  switch (run.status) {
    case 'preparing':
      return 'Preparing: placing the memory and compiling the kernels…';
    case 'running':
      return hasSteps ? `Training “${name}”` : 'Measuring the untrained model first: held-out loss and samples…';
    case 'paused':
      return `Paused at step ${formatExact(run.step)}${run.message === null ? '; everything up to here is saved' : ''}`;
    case 'finished':
      return `Finished ${formatExact(run.step)} steps in ${formatDuration(run.elapsedMs)}${lossText(run.lastLoss)}`;
    case 'stopped':
      return `Stopped at step ${formatExact(run.step)} of ${formatExact(run.steps)}; the adapter up to here is kept`;
    case 'failed':
      return `Failed at step ${formatExact(run.step)} of ${formatExact(run.steps)}`;
    default:
      return run.status satisfies never;
  }
}

function lossText(loss: number | null): string {
  return loss === null ? '' : `; last loss ${formatLoss(loss)}`;
}
