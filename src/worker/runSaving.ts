// What a run has learned so far, made safe: each adapter's own file, and the state of all its adapters as one checkpoint.
import { encodeState } from '../training/runState.ts';
import { saveAdapter } from './adapterStore.ts';
import { failureOf } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { checkpointsOf } from './runFolder.ts';
import type { PlannedRun } from './runPlanning.ts';

/** A run of the plan, with its place there. */
interface PlacedRun {
  readonly run: KeptRun;
  readonly place: number;
}

/** `last`: of a run that is over, alone; where it finds no room, those before it go first. */
export type StateSaving = 'none' | 'along' | 'last';

/** Of the state that was written; `problem`: why it was not. Neither where none was asked for, or nothing is kept here. */
export interface SavedState {
  readonly sizeBytes?: number;
  readonly problem?: string;
}

/** As after step `run.step` of each, with nothing in flight. Rejects where an adapter was not saved. */
export async function saveProgress(
  runs: readonly PlacedRun[],
  { trainer, layouts, model }: PlannedRun,
  saving: StateSaving,
): Promise<SavedState> {
  const [first] = runs;
  if (!first) return {};
  const { step, elapsedMs } = first.run;
  const state = await trainer.readState(step);
  for (const { run, place } of runs) {
    const layout = layouts[place]!;
    const block = state.parameters.slice(layout.start, layout.start + layout.count);
    await saveAdapter(run, model.frozen.architecture, layout, block);
  }
  if (saving === 'none') return {};
  try {
    const checkpoints = await checkpointsOf(first.run);
    if (!checkpoints) return {};
    const { sizeBytes, pieces } = encodeState(state, elapsedMs);
    if (saving === 'last') await checkpoints.saveLast(step, sizeBytes, pieces);
    else await checkpoints.save(step, sizeBytes, pieces);
    return { sizeBytes };
  } catch (error) {
    return { problem: failureOf(error).message };
  }
}
