// A run's state and adapter, made safe.
import { encodeState } from '../training/runState.ts';
import { saveAdapter } from './adapterStore.ts';
import type { KeptRun } from './keptRun.ts';
import { checkpointsOf } from './runFolder.ts';
import type { PlannedRun } from './runPlanning.ts';

/** As after step `run.step`, with nothing in flight. Returns whether a state to resume from was written. */
export async function saveProgress(run: KeptRun, planned: PlannedRun, withCheckpoint: boolean): Promise<boolean> {
  const { trainer, layout, model } = planned;
  const state = await trainer.readState(run.step);
  const checkpoints = withCheckpoint ? await checkpointsOf(run.id) : undefined;
  if (checkpoints) {
    const { sizeBytes, pieces } = encodeState(state, run.elapsedMs);
    await checkpoints.save(run.step, sizeBytes, pieces);
  }
  const block = state.parameters.slice(layout.start, layout.start + layout.count);
  await saveAdapter(run, model.frozen.architecture, layout, block);
  return checkpoints !== undefined;
}
