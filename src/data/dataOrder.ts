// Which rows an optimizer step sees. Stateless: the answer for a step depends on the settings and the step's number
// alone, so a resumed run continues with exactly the rows it would have had.
import { permutation } from './random.ts';
import { DataError } from './types.ts';

export interface DataOrderOptions {
  rowCount: number;
  /** Rows per micro-batch. */
  batchSize: number;
  /** Micro-batches per optimizer step. */
  accumulate: number;
  /** Any non-negative safe integer. */
  seed: number;
  /** false: file order, wrapping round. true: a new permutation each epoch. */
  shuffle: boolean;
  /**
   * Token length of each row. When given, and `shuffle` is on, the rows of one optimizer step are dealt to its
   * micro-batches by length, so that each is padded less. The step's set of rows stays the same.
   */
  lengths?: ArrayLike<number>;
}

export interface DataOrder {
  readonly rowCount: number;
  readonly rowsPerStep: number;
  /** Row numbers of micro-batch `accumulation` (from 0) of optimizer step `step` (from 1): `batchSize` of them. */
  microBatch(step: number, accumulation: number): Uint32Array;
  /** Epochs completed when `step` steps are done, as a fraction. */
  epochsAfter(step: number): number;
  /** Optimizer steps that see every row at least `epochs` times. */
  stepsForEpochs(epochs: number): number;
}

const isCount = (n: number) => Number.isSafeInteger(n) && n >= 1;

/** Rows are laid end to end, epoch after epoch; step s takes the next batchSize · accumulate of them. */
export function createDataOrder(options: DataOrderOptions): DataOrder {
  const { rowCount, batchSize, accumulate, seed, shuffle, lengths } = options;
  if (!isCount(rowCount)) throw new DataError(`data order: there must be at least one row, got ${rowCount}`);
  if (!isCount(batchSize)) throw new DataError(`data order: batch must be a whole number from 1, got ${batchSize}`);
  if (!isCount(accumulate))
    throw new DataError(`data order: accumulate must be a whole number from 1, got ${accumulate}`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new DataError(`data order: seed must be a whole number from 0, got ${seed}`);
  const rowsPerStep = batchSize * accumulate;

  let cachedEpoch = -1;
  let cachedOrder: Uint32Array = new Uint32Array();
  const rowAt = (position: number): number => {
    const place = position % rowCount;
    if (!shuffle) return place;
    const epoch = Math.floor(position / rowCount);
    if (epoch !== cachedEpoch) {
      cachedOrder = permutation(rowCount, seed, epoch);
      cachedEpoch = epoch;
    }
    return cachedOrder[place]!;
  };

  let cachedStep = -1;
  let cachedRows: Uint32Array = new Uint32Array();
  /** A step's micro-batches are asked for one after another. */
  const stepRows = (step: number): Uint32Array => {
    if (step !== cachedStep) {
      cachedRows = rowsOfStep(step);
      cachedStep = step;
    }
    return cachedRows;
  };

  const rowsOfStep = (step: number): Uint32Array => {
    const first = (step - 1) * rowsPerStep;
    const rows = Uint32Array.from({ length: rowsPerStep }, (_, i) => rowAt(first + i));
    if (!shuffle || !lengths || accumulate === 1) return rows;
    const byLength = Array.from(rows).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
    return Uint32Array.from(byLength);
  };

  return {
    rowCount,
    rowsPerStep,
    microBatch(step, accumulation) {
      if (!isCount(step)) throw new RangeError(`microBatch: steps count from 1, got ${step}`);
      if (!(accumulation >= 0 && accumulation < accumulate)) {
        throw new RangeError(
          `microBatch: expected an accumulation index in 0 … ${accumulate - 1}, got ${accumulation}`,
        );
      }
      return stepRows(step).slice(accumulation * batchSize, (accumulation + 1) * batchSize);
    },
    epochsAfter: (step) => (step * rowsPerStep) / rowCount,
    stepsForEpochs: (epochs) => Math.max(1, Math.ceil((epochs * rowCount) / rowsPerStep)),
  };
}
