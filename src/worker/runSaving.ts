// What a run has learned so far, made safe: the state of all its adapters as one checkpoint, and each adapter's own file.
import { encodeState } from '../training/runState.ts';
import { saveAdapter } from './adapterStore.ts';
import { folderIdOf, type KeptRun } from './keptRun.ts';
import { checkpointsOf } from './runFolder.ts';
import type { PlannedRun } from './runPlanning.ts';

/** A run of the plan, with its place there. */
interface PlacedRun {
  readonly run: KeptRun;
  readonly place: number;
}

/** As after step `run.step` of each, with nothing in flight. Returns whether a state to resume from was written. */
export async function saveProgress(
  runs: readonly PlacedRun[],
  { trainer, layouts, model }: PlannedRun,
  withCheckpoint: boolean,
): Promise<boolean> {
  const [first] = runs;
  if (!first) return false;
  const { step, elapsedMs } = first.run;
  const state = await trainer.readState(step);
  const checkpoints = withCheckpoint ? await checkpointsOf(folderIdOf(first.run)) : undefined;
  if (checkpoints) {
    const { sizeBytes, pieces } = encodeState(state, elapsedMs);
    await checkpoints.save(step, sizeBytes, pieces);
  }
  for (const { run, place } of runs) {
    const layout = layouts[place]!;
    const block = state.parameters.slice(layout.start, layout.start + layout.count);
    await saveAdapter(run, model.frozen.architecture, layout, block);
  }
  return checkpoints !== undefined;
}
