// Logits of a whole sequence at once, without a cache: what parity with other engines is measured on. The body runs once;
// the head is taken a few rows at a time, so that logits of a long text over a large vocabulary never exist whole.
import { BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { type LaidOutPlan, Plan } from '../gpu/plan.ts';
import { newTensor, type Tensor } from '../gpu/tensor.ts';
import { linearForward } from '../ops/linear.ts';
import { gatherRows } from '../ops/rows.ts';
import { type AdapterChoice, type AnsweringAdapters, attachOne } from './answeringAdapters.ts';
import { attendWithin, blockForward } from './block.ts';
import { embedRows } from './embed.ts';
import type { FrozenModel } from './frozenModel.ts';
import { LogitsReader } from './logitsReader.ts';
import { ModelError } from './modelError.ts';
import { normForward, type RowTensors, traitsFor } from './network.ts';
import { rotaryTable } from './rotaryTable.ts';

export interface LogitsOptions {
  readonly adapters?: AnsweringAdapters | undefined;
  /** Default: the frozen model. */
  readonly choice?: AdapterChoice | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows of logits that exist at one time: at most this many bytes, one row at least. */
const LOGITS_BYTES = 16 << 20;

/**
 * Calls `use` with the logits [vocabulary] of each token of `ids`, in order; they are valid only until it returns. Throws
 * ModelError for an id outside the vocabulary or more ids than the model has positions.
 */
export async function streamLogits(
  gpu: Gpu,
  model: FrozenModel,
  ids: readonly number[],
  use: (token: number, logits: Float32Array) => void,
  options: LogitsOptions = {},
): Promise<void> {
  checkIds(model, ids);
  const { inputs, last, index, logits, attachment, ...recorded } = record(gpu, model, ids.length, options);
  const plans: LaidOutPlan[] = [];
  for (const plan of [recorded.body, recorded.head]) plans.push(await plan.layOut(gpu.shaders, gpu.limits));
  const tensors = [...Object.values(inputs), last, index, logits, ...(attachment ? [attachment.tables] : [])];
  const reader = new LogitsReader(gpu, logits);
  const workspace = new Workspace();
  for (const { layout } of plans) workspace.reserve(layout);
  const bound: BoundPlan[] = [];
  try {
    await gpu.allocating('logits', () => {
      for (const { allocation } of tensors) gpu.place(allocation);
      workspace.allocate(gpu);
      reader.allocate();
    });
    writeInputs(gpu, model, inputs, ids);
    if (attachment) gpu.write(attachment.tables, attachment.tableWords);
    for (const plan of plans) bound.push(await BoundPlan.bind(gpu, plan, workspace));
    const [body, head] = bound;
    body?.submit(gpu);
    const [rows = 1] = index.shape;
    for (let start = 0; start < ids.length; start += rows) {
      options.signal?.throwIfAborted();
      gpu.write(index, counting(start, rows));
      head?.submit(gpu);
      await reader.read(Math.min(rows, ids.length - start), (row, values) => use(start + row, values));
    }
  } finally {
    for (const plan of bound) plan.free(gpu);
    for (const { allocation } of tensors) gpu.free(allocation);
    workspace.free(gpu);
    reader.free();
  }
}

/** Logits [tokens, vocabulary]. @internal */
export async function logitsOf(
  gpu: Gpu,
  model: FrozenModel,
  ids: readonly number[],
  options: LogitsOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { vocabularySize } = model.architecture;
  const all = new Float32Array(ids.length * vocabularySize);
  await streamLogits(gpu, model, ids, (token, logits) => all.set(logits, token * vocabularySize), options);
  return all;
}

/** Throws ModelError. */
export function checkIds(model: Pick<FrozenModel, 'architecture'>, ids: readonly number[]): void {
  const { vocabularySize, maxPositions } = model.architecture;
  if (ids.length === 0) throw new ModelError('Expected at least one token, got none.');
  if (ids.length > maxPositions) {
    throw new ModelError(`${ids.length} tokens are more than this model's ${maxPositions} positions.`);
  }
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
  if (wrong !== undefined) throw new ModelError(`${wrong} is not a token: the vocabulary has ${vocabularySize}.`);
}

type Inputs = RowTensors & { readonly cosSin?: Tensor };

/** The body leaves the last block's output in `last`; the head takes the rows of it that `index` names. */
function record(gpu: Gpu, model: FrozenModel, tokens: number, { adapters, choice }: LogitsOptions) {
  const a = model.architecture;
  const traits = traitsFor(gpu.traits, a);
  const words = (label: string, count: number) => newTensor(label, [count], { type: 'u32' });
  const inputs: Inputs = {
    ids: words('ids', tokens),
    positions: words('positions', tokens),
    keyStart: words('keyStart', tokens),
    keyEnd: words('keyEnd', tokens),
    ...(a.rotary ? { cosSin: newTensor('rotary angles', [tokens, a.headDim]) } : {}),
  };
  const attachment = adapters && choice ? attachOne(model, adapters, tokens, choice) : undefined;
  const body = new Plan('body', traits);
  const context = { pass: body, model, attachment, cosSin: inputs.cosSin };
  let x = embedRows(context, inputs);
  for (let layer = 0; layer < a.layers; layer++) {
    x = blockForward(context, layer, x, inputs, attendWithin(inputs)).y;
  }
  const last = newTensor('last hidden', x.shape);
  gatherRows(body, { x, index: inputs.positions, y: last });

  const head = new Plan('head', traits);
  const rows = Math.max(1, Math.min(tokens, Math.floor(LOGITS_BYTES / 4 / a.vocabularySize)));
  const index = words('rows with logits', rows);
  const hidden = head.scratch('hidden', [rows, a.hiddenSize]);
  const logits = newTensor('logits', [rows, a.vocabularySize]);
  gatherRows(head, { x: last, index, y: hidden });
  const { y } = normForward({ ...context, pass: head }, model.finalNorm, hidden);
  linearForward(head, { x: y, weight: model.head.matrix, y: logits });
  return { body, head, inputs, attachment, last, index, logits };
}

function writeInputs(gpu: Gpu, model: FrozenModel, inputs: Inputs, ids: readonly number[]): void {
  const { rotary, slidingWindow = ids.length } = model.architecture;
  gpu.write(inputs.ids, Uint32Array.from(ids));
  gpu.write(inputs.positions, counting(0, ids.length));
  gpu.write(
    inputs.keyStart,
    Uint32Array.from(ids, (_, token) => Math.max(0, token - slidingWindow + 1)),
  );
  gpu.write(inputs.keyEnd, counting(0, ids.length));
  if (rotary && inputs.cosSin) gpu.write(inputs.cosSin, rotaryTable(rotary, ids.length));
}

function counting(start: number, count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => start + i);
}
