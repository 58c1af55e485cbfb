// Whether an adapter is merged into the loaded model's weights at this moment: nothing may train on them then.
import { WorkerError } from './failure.ts';

let isMerged = false;

/** Runs `work` while the weights are not the frozen ones. */
export async function whileMerged<T>(work: () => Promise<T>): Promise<T> {
  isMerged = true;
  try {
    return await work();
  } finally {
    isMerged = false;
  }
}

/** Throws WorkerError while an adapter is merged. */
export function requireFrozen(): void {
  if (isMerged) {
    throw new WorkerError('An adapter is merged into the weights to be timed; start the run again when that is done.');
  }
}
