// What a run will meet, whoever trains: the order of its rows, its number of steps, and every size of batch.
import type { AdapterLayout } from '../adapters/adapterSet.ts';
import { type Batch, buildPackedBatch, lengthBucket } from '../data/batches.ts';
import { createDataOrder, type DataOrder } from '../data/dataOrder.ts';
import { arrangeRows } from '../data/packing.ts';
import type { TokenRow } from '../data/types.ts';
import { checkVocabulary } from '../data/vocabularyCheck.ts';
import type { Gpu } from '../gpu/device.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { MOST_STEPS, type TrainingSettings } from './settings.ts';
import type { BatchShape } from './stepPlan.ts';
import { TrainingError } from './trainingError.ts';

/** What planning needs: of a GPU only its shaders, limits and traits. */
export interface PlanOptions {
  readonly gpu: Pick<Gpu, 'shaders' | 'limits' | 'traits'>;
  readonly model: FrozenModel;
  /** The adapters that train together, one after another in the flat parameters. */
  readonly layouts: readonly AdapterLayout[];
  readonly settings: TrainingSettings;
  readonly rows: readonly TokenRow[];
  readonly validationRows: readonly TokenRow[];
}

/** The rows, tokens of each, and room for those that carry loss, of one adapter. */
export type BatchSize = BatchShape;

export interface Course {
  readonly options: PlanOptions;
  readonly order: DataOrder;
  readonly steps: number;
  /** Tokens of the longest row. */
  readonly longest: number;
  /** By their keys. */
  readonly trainingSizes: ReadonlyMap<string, BatchSize>;
  readonly evaluationSizes: ReadonlyMap<string, BatchSize>;
}

/** Throws TrainingError for a row that is too long, DataError for a token that the model has not. */
export function planCourse(options: PlanOptions): Course {
  const { model, settings, rows, validationRows } = options;
  const { batchSize, accumulate, seed, shuffle } = settings;
  const lengths = rows.map((row) => row.ids.length);
  const order = createDataOrder({ rowCount: rows.length, batchSize, accumulate, seed, shuffle, lengths });
  const steps = settings.length.kind === 'steps' ? settings.length.steps : order.stepsForEpochs(settings.length.epochs);
  if (steps > MOST_STEPS)
    throw new TrainingError(`${steps} steps; at most ${MOST_STEPS} are planned. Choose fewer epochs.`);
  const allRows = [...rows, ...validationRows];
  const longest = allRows.reduce((most, row) => Math.max(most, row.ids.length), 1);
  const { maxPositions, vocabularySize } = model.architecture;
  checkVocabulary(allRows, vocabularySize);
  if (longest > maxPositions) {
    throw new TrainingError(
      `The longest row has ${longest} tokens; this model's positions end at ${maxPositions}. Choose a smaller maximum length.`,
    );
  }
  const trainingSizes = new Map<string, BatchSize>();
  for (let step = 1; step <= Math.min(steps, distinctSteps(order, settings)); step++) {
    for (let micro = 0; micro < accumulate; micro++) {
      const size = sizeOf(rowsAt(options, order, step, micro));
      trainingSizes.set(sizeKey(size), size);
    }
  }
  const evaluationSizes = new Map<string, BatchSize>();
  for (const batch of evaluationBatches(options)) {
    const size = sizeOf(batch);
    evaluationSizes.set(sizeKey(size), size);
  }
  return { options, order, steps, longest, trainingSizes, evaluationSizes };
}

/** Steps after which file order repeats itself; with shuffling every step is new. */
function distinctSteps(order: DataOrder, settings: TrainingSettings): number {
  return settings.shuffle ? Number.POSITIVE_INFINITY : order.rowCount;
}

function rowsAt({ rows }: PlanOptions, order: DataOrder, step: number, micro: number): TokenRow[] {
  return Array.from(order.microBatch(step, micro), (index) => rows[index]!);
}

/** The micro-batches of an optimizer step. */
export function batchesOf({ options, order }: Course, step: number): Batch[] {
  return Array.from({ length: options.settings.accumulate }, (_, micro) =>
    batchOf(options, rowsAt(options, order, step, micro)),
  );
}

/** Validation rows in batches, long rows together; the last batch is filled with empty rows. */
export function evaluationBatches({ validationRows, settings }: PlanOptions): TokenRow[][] {
  const sorted = [...validationRows].sort((a, b) => a.ids.length - b.ids.length || a.line - b.line);
  const batches: TokenRow[][] = [];
  for (let i = 0; i < sorted.length; i += settings.batchSize) batches.push(sorted.slice(i, i + settings.batchSize));
  const empty: TokenRow = { ids: new Uint32Array(), loss: new Uint8Array(), line: 0 };
  for (const batch of batches) while (batch.length < settings.batchSize) batch.push(empty);
  return batches;
}

export function batchOf({ model }: PlanOptions, rows: readonly TokenRow[]): Batch {
  return buildPackedBatch(arrangeRows(rows), { slidingWindow: model.architecture.slidingWindow });
}

function sizeOf(rows: readonly TokenRow[]): BatchSize {
  let targetTokens = 0;
  for (const { loss } of rows) for (let t = 1; t < loss.length; t++) targetTokens += loss[t] === 1 ? 1 : 0;
  const { lines, length } = arrangeRows(rows);
  return { rows: lines.length, length, lossRows: lengthBucket(targetTokens) };
}

export function keyOf({ rows, length, targetTokens }: Batch): string {
  return sizeKey({ rows, length, lossRows: lengthBucket(targetTokens) });
}

export function sizeKey({ rows, length, lossRows }: BatchSize): string {
  return `${rows}×${length}/${lossRows}`;
}
