// Whether the loaded model's weights are taken for a timing, in which an adapter is merged into them: no run may start or
// go on then.
import { WorkerError } from './failure.ts';

let isTaken = false;

/** Runs `work` while no run can start. */
export async function withoutRuns<T>(work: () => Promise<T>): Promise<T> {
  isTaken = true;
  try {
    return await work();
  } finally {
    isTaken = false;
  }
}

/** Throws WorkerError while the weights are taken. */
export function requireFrozen(): void {
  if (isTaken)
    throw new WorkerError('An adapter is being timed on these weights; start the run again when that is done.');
}
