// Whether the loaded model's weights are taken for a timing, in which an adapter is merged into them: no run may start or
// go on then, and nothing may be evaluated.
import { WorkerError } from './failure.ts';

let isTaken = false;
let readers = 0;

/** Runs `work` while no run can start. Throws WorkerError while something is evaluated. */
export async function withoutRuns<T>(work: () => Promise<T>): Promise<T> {
  if (readers > 0) {
    throw new WorkerError('An evaluation is under way on these weights; cancel it or wait for it, then time them.');
  }
  isTaken = true;
  try {
    return await work();
  } finally {
    isTaken = false;
  }
}

/** Runs `work` while the weights stay as they are. Throws WorkerError while they are taken. */
export async function withFrozen<T>(work: () => Promise<T>): Promise<T> {
  requireFrozen();
  readers++;
  try {
    return await work();
  } finally {
    readers--;
  }
}

/** Throws WorkerError while the weights are taken. */
export function requireFrozen(): void {
  if (isTaken) throw new WorkerError('An adapter is being timed on these weights; start again when that is done.');
}
