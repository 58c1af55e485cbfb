// A tensor that no binding of this GPU holds, told as what to lower: a batch, the rows' length, or the adapter.
import { GpuLimitError } from '../gpu/errors.ts';
import { bytesText } from './bytesText.ts';
import { TrainingError } from './trainingError.ts';

/** This run needs more in one piece, or in all, than the GPU gives; the message says what to lower. */
export class TooLargeError extends TrainingError {
  override name = 'TooLargeError';
}

/** Says `error` in the run's own words, where it is one of size; any other is handed back. */
export function explainSize(error: unknown, { rows, length }: { rows: number; length: number }): unknown {
  if (!(error instanceof GpuLimitError)) return error;
  const { what, sizeBytes, limitBytes, isScratch } = error;
  const needs = `needs ${bytesText(sizeBytes)} in one piece (${what}), and this GPU takes at most ${bytesText(limitBytes)}`;
  if (!isScratch) {
    return new TooLargeError(`This adapter ${needs}. Choose a lower rank, fewer matrices or fewer layers.`);
  }
  const share = limitBytes / sizeBytes;
  const fewerRows = Math.floor(rows * share);
  const shorter = Math.floor(length * share);
  const batch = fewerRows >= 1 && fewerRows < rows ? `a batch of ${fewerRows} or less, or ` : '';
  return new TooLargeError(
    `A batch of ${rows} × ${length} tokens ${needs}. Choose ${batch}a maximum length of ${shorter} tokens or less.`,
  );
}
