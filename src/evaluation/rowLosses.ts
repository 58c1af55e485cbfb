// The loss of every row by itself, for one adapter or the frozen model: what intervals are resampled from. Forward only, so
// no gradients and no moments lie on the GPU.
import { type AdapterLayout, rowGroups } from '../adapters/adapterSet.ts';
import { type Batch, bucketFor, buildBatch, lengthBucket } from '../data/batches.ts';
import type { TokenRow } from '../data/types.ts';
import { checkVocabulary } from '../data/vocabularyCheck.ts';
import { BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { defaultSubmitMs, Pacer } from '../gpu/pacer.ts';
import { newTensor, storedBytes, type Tensor, viewOf } from '../gpu/tensor.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { attach } from '../model/network.ts';
import { rotaryTable } from '../model/rotaryTable.ts';
import { packStep, RESULT_WORDS } from '../ops/stepRecord.ts';
import { BatchInputs } from '../training/batchInputs.ts';
import { type BatchShape, endsWithLossRows, recordEvaluation } from '../training/stepPlan.ts';
import { explainSize } from '../training/tooLarge.ts';

/** An adapter on the GPU: its layout, and the flat parameters that it lies in, placed. */
export interface PlacedAdapter {
  readonly layout: AdapterLayout;
  readonly parameters: Tensor;
}

export interface RowLoss {
  /** Sum over the row's target tokens, in nats. */
  readonly loss: number;
  readonly tokens: number;
  /** Target tokens that the model finds likeliest. */
  readonly hits: number;
}

export interface RowLossOptions {
  readonly gpu: Gpu;
  readonly model: FrozenModel;
  /** Undefined: the frozen model. */
  readonly adapter: PlacedAdapter | undefined;
  readonly rows: readonly TokenRow[];
  readonly batchSize: number;
  readonly onProgress?: ((doneRows: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const STATE_WORDS = 4;

/**
 * In the order of `rows`. Throws TrainingError where a batch does not fit, DataError for a token that the model has not, and
 * the signal's reason between batches.
 */
export async function rowLosses(options: RowLossOptions): Promise<RowLoss[]> {
  const { gpu, model, rows, onProgress, signal } = options;
  const a = model.architecture;
  checkVocabulary(rows, a.vocabularySize);
  const batches = batchesOf(rows, options.batchSize).map((places) => {
    const picked = places.map((place) => rows[place] ?? EMPTY);
    return { places, batch: buildBatch(picked, bucketFor(picked), { slidingWindow: a.slidingWindow }) };
  });
  const shapes = new Map(batches.map(({ batch }) => [keyOf(shapeOf(batch)), shapeOf(batch)]));
  const inputs = new BatchInputs([...shapes.values()], 1);
  const longest = Math.max(...[...shapes.values()].map(({ length }) => length));
  const mostLossRows = Math.max(...[...shapes.values()].map(({ lossRows }) => lossRows));
  const state = newTensor('row losses', [mostLossRows, STATE_WORDS]);
  const results = newTensor('results', [1, RESULT_WORDS]);
  const cosSin = a.rotary && newTensor('rotary table', [Math.min(longest, a.maxPositions), a.headDim]);
  const residents = [inputs, state, results, ...(cosSin ? [cosSin] : [])];
  const workspace = new Workspace();
  const plans = new Map<string, Shaped>();
  const pacer = new Pacer(gpu, defaultSubmitMs(gpu.adapter.isSoftware));
  const found: RowLoss[] = rows.map(() => ({ loss: 0, tokens: 0, hits: 0 }));
  try {
    for (const [key, shape] of shapes) {
      plans.set(key, await layOut(options, shape, { inputs, state, results, cosSin }));
      workspace.reserve(plans.get(key)!.laidOut.layout);
    }
    await gpu.allocating('this evaluation', () => {
      for (const { allocation } of residents) gpu.place(allocation);
      for (const { tables } of plans.values()) if (tables) gpu.place(tables.tensor.allocation);
      workspace.allocate(gpu);
    });
    for (const { tables } of plans.values()) if (tables) gpu.write(tables.tensor, tables.words);
    if (cosSin && a.rotary) gpu.write(cosSin, rotaryTable(a.rotary, cosSin.shape[0]!));
    let done = 0;
    for (const { places, batch } of batches) {
      signal?.throwIfAborted();
      const plan = plans.get(keyOf(shapeOf(batch)))!;
      plan.bound ??= await BoundPlan.bind(gpu, plan.laidOut, workspace);
      inputs.write(gpu, plan.tensors, batch, 1, stepWords(batch));
      await pacer.submit([plan.bound]);
      const bytes = await gpu.read(state, storedBytes(batch.targetTokens * STATE_WORDS, 'f32'));
      addUp(found, places, batch, new Float32Array(bytes));
      done = Math.min(done + places.length, rows.length);
      onProgress?.(done);
    }
  } finally {
    for (const { bound, tables } of plans.values()) {
      bound?.free(gpu);
      if (tables) gpu.free(tables.tensor.allocation);
    }
    workspace.free(gpu);
    for (const { allocation } of residents) gpu.free(allocation);
  }
  return found;
}

interface Shaped {
  readonly laidOut: BoundPlan['plan'];
  readonly tensors: ReturnType<BatchInputs['tensorsFor']>;
  readonly tables: { tensor: Tensor; words: Uint32Array<ArrayBuffer> } | undefined;
  bound: BoundPlan | undefined;
}

interface Shared {
  readonly inputs: BatchInputs;
  readonly state: Tensor;
  readonly results: Tensor;
  readonly cosSin: Tensor | undefined;
}

async function layOut(
  { gpu, model, adapter }: RowLossOptions,
  shape: BatchShape,
  { inputs, state, results, cosSin }: Shared,
): Promise<Shaped> {
  const a = model.architecture;
  const tensors = inputs.tensorsFor(shape);
  const layouts = adapter && [{ ...adapter.layout, spec: { ...adapter.layout.spec, dropout: 0 } }];
  const attachment =
    adapter &&
    layouts &&
    attach(model, { parameters: adapter.parameters, gradients: undefined, step: tensors.step }, (layer, linear) => {
      const isShort = layer === a.layers - 1 && linear !== 'qkv' && endsWithLossRows(shape);
      return rowGroups(a, layouts, layer, linear, isShort ? shape.lossRows : shape.rows * shape.length);
    });
  const plan = recordEvaluation(
    { model, attachment, cosSin, traits: gpu.traits },
    shape,
    { ...tensors, results },
    1,
    viewOf(state, 'row losses', [shape.lossRows, STATE_WORDS]),
  );
  const laidOut = await plan.layOut(gpu.shaders, gpu.limits).catch((error: unknown) => {
    throw explainSize(error, shape);
  });
  const tables = attachment && { tensor: attachment.tables, words: attachment.tableWords };
  return { laidOut, tensors, tables, bound: undefined };
}

const EMPTY: TokenRow = { ids: new Uint32Array(), loss: new Uint8Array(), line: 0 };

/** Places of rows, rows of one length together; a last batch that is not full is filled with places past the end. */
function batchesOf(rows: readonly TokenRow[], batchSize: number): number[][] {
  const lengthOf = (place: number) => rows[place]?.ids.length ?? 0;
  const order = rows.map((_, place) => place).sort((x, y) => lengthOf(x) - lengthOf(y) || x - y);
  const batches: number[][] = [];
  for (let i = 0; i < order.length; i += batchSize) batches.push(order.slice(i, i + batchSize));
  for (const batch of batches) while (batch.length < batchSize) batch.push(rows.length);
  return batches;
}

function shapeOf(batch: Batch): BatchShape {
  return { rows: batch.rows, length: batch.length, lossRows: lengthBucket(batch.targetTokens) };
}

function keyOf({ rows, length, lossRows }: BatchShape): string {
  return `${rows}×${length}/${lossRows}`;
}

function stepWords({ targetTokens }: Batch): Uint32Array<ArrayBuffer> {
  const idle = { learningRate: 0, biasCorrection1: 1, biasCorrection2Root: 1, weightDecay: 0, clip: 0 };
  return packStep({ microBatch: 0, dropoutSeed: 0, lossRows: targetTokens, adapters: [{ ...idle, lossScale: 1 }] });
}

function addUp(found: RowLoss[], places: readonly number[], batch: Batch, state: Float32Array): void {
  for (let i = 0; i < batch.targetTokens; i++) {
    const place = places[Math.floor(batch.lossRows[i]! / batch.length)]!;
    const [largest, sum, target, best] = state.subarray(STATE_WORDS * i);
    const { loss, tokens, hits } = found[place]!;
    found[place] = {
      loss: loss + largest! + Math.log(sum!) - target!,
      tokens: tokens + 1,
      hits: hits + (best === batch.lossTargets[i] ? 1 : 0),
    };
  }
}
