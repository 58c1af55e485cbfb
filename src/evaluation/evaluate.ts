// Measures adapters and the frozen model on the same questions, one after another: the loss of every row, and the answers.
// An adapter lies on the GPU only while it is measured.
import { type AdapterLayout, flatElements } from '../adapters/adapterSet.ts';
import { placeParameters } from '../adapters/answering.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import type { Gpu } from '../gpu/device.ts';
import { OutOfGpuMemoryError } from '../gpu/errors.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { ModelError, NOT_FINITE } from '../model/modelError.ts';
import { TooLargeError } from '../training/tooLarge.ts';
import { answerAll } from './answers.ts';
import type { Question } from './questions.ts';
import { type PlacedAdapter, type RowLoss, rowLosses } from './rowLosses.ts';

/** What one answerer reached: an entry for each question, in order. */
export interface Measured {
  /** Summed over the question's rows. */
  readonly losses: readonly RowLoss[];
  /** Absent where nobody asked for answers. */
  readonly answers: readonly string[] | undefined;
}

/** An adapter laid out alone, and its parameters. */
export interface OpenedAdapter {
  readonly layout: AdapterLayout;
  /** layout.count elements. */
  readonly block: Float32Array<ArrayBuffer>;
}

export interface MeasureOptions {
  readonly gpu: Gpu;
  readonly model: FrozenModel;
  readonly tokenizer: TextTokenizer;
  /** Undefined: the frozen model. */
  readonly adapter: OpenedAdapter | undefined;
  readonly questions: readonly Question[];
  /** Undefined: no answers are wanted. */
  readonly maxNewTokens: number | undefined;
  /** Work done, from 0 to 1, and what is being done. */
  readonly onProgress?: ((share: number, phase: 'loss' | 'answers', done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LOSS_BATCH = 16;
/** Share of the work that the losses are, where answers are wanted too: a guess, for the bar. */
const LOSS_SHARE = 0.15;

/** Throws the signal's reason; ModelError, TrainingError or OutOfGpuMemoryError where the GPU has no room, ModelError for a loss that is no number. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { gpu, adapter, questions, maxNewTokens, onProgress, signal } = options;
  const placed = adapter && place(gpu, adapter);
  try {
    const rows = questions.flatMap((question) => question.rows);
    const lossShare = maxNewTokens === undefined ? 1 : LOSS_SHARE;
    const perRow = await lossesThatFit({
      ...options,
      adapter: placed,
      rows,
      batchSize: Math.min(LOSS_BATCH, rows.length),
      onProgress: (done) => onProgress?.((lossShare * done) / rows.length, 'loss', done, rows.length),
    });
    const wrong = perRow.findIndex(({ loss }) => !Number.isFinite(loss));
    if (wrong >= 0) {
      const { line } = rows[wrong]!;
      throw new ModelError(`The loss of the row from line ${line} is not a finite number. ${NOT_FINITE}`);
    }
    const answers =
      maxNewTokens === undefined
        ? undefined
        : await answerAll({
            ...options,
            adapter: placed,
            maxNewTokens,
            onProgress: (done) =>
              onProgress?.(lossShare + ((1 - lossShare) * done) / questions.length, 'answers', done, questions.length),
          });
    signal?.throwIfAborted();
    let next = 0;
    const losses = questions.map((question) => question.rows.map(() => perRow[next++]!).reduce(sum));
    return { losses, answers };
  } finally {
    if (placed) gpu.free(placed.parameters.allocation);
  }
}

function place(gpu: Gpu, { layout, block }: OpenedAdapter): PlacedAdapter {
  const flat = new Float32Array(flatElements([layout]));
  flat.set(block, layout.start);
  return { layout, parameters: placeParameters(gpu, flat) };
}

/** In smaller batches where this GPU has no room. */
async function lossesThatFit(options: Parameters<typeof rowLosses>[0]): Promise<RowLoss[]> {
  try {
    return await rowLosses(options);
  } catch (error) {
    const isRoom = error instanceof TooLargeError || error instanceof OutOfGpuMemoryError;
    if (!isRoom || options.batchSize === 1) throw error;
    return lossesThatFit({ ...options, batchSize: Math.ceil(options.batchSize / 2) });
  }
}

function sum(a: RowLoss, b: RowLoss): RowLoss {
  return { loss: a.loss + b.loss, tokens: a.tokens + b.tokens, hits: a.hits + b.hits };
}
