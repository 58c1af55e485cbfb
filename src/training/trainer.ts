// Trains adapters on a frozen model. Everything about a step follows from the settings and the step's number, so a run
// that is stopped and resumed, or made twice, ends with the same bits. After the first step of each batch shape nothing
// is created on the GPU; at most two steps are in flight; no step waits for a read-back.
import { type AdapterLayout, flatElements, lowestAdaptedLayer, rowGroups } from '../adapters/adapterSet.ts';
import { type Batch, bucketFor, buildBatch, lengthBucket } from '../data/batches.ts';
import { createDataOrder, type DataOrder } from '../data/dataOrder.ts';
import { hash32 } from '../data/random.ts';
import type { TokenRow } from '../data/types.ts';
import { BoundPlan, type KernelTime, Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { defaultSubmitMs, Pacer } from '../gpu/pacer.ts';
import { type LaidOutPlan, Plan } from '../gpu/plan.ts';
import { elementCount, newTensor, storedBytes, type Tensor } from '../gpu/tensor.ts';
import { allTensors, type FrozenModel } from '../model/frozenModel.ts';
import { type Attachment, attach } from '../model/network.ts';
import { rotaryTable } from '../model/rotaryTable.ts';
import { adamwStep, clipGradients, sgdStep } from '../ops/optimizer.ts';
import {
  type AdapterStep,
  IS_STOPPED_WORD,
  packStep,
  RESULT_WORDS,
  type StepResult,
  unpackResults,
} from '../ops/stepRecord.ts';
import { BatchInputs } from './batchInputs.ts';
import { ResultRing } from './resultRing.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainingSettings } from './settings.ts';
import { type BatchShape, endsWithLossRows, recordEvaluation, recordTraining } from './stepPlan.ts';
import { explainSize } from './tooLarge.ts';
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

export interface TrainerOptions extends PlanOptions {
  readonly gpu: Gpu;
  /** The learning rate that each adapter's schedule comes from; default: that of the settings for all. */
  readonly learningRates?: readonly number[] | undefined;
  /** No submit shall take longer, so that the machine stays usable; default: `defaultSubmitMs`. */
  readonly longestSubmitMs?: number | undefined;
}

/** What one optimizer step gave, for each adapter. */
export interface StepReport {
  readonly step: number;
  readonly tokens: number;
  readonly targetTokens: number;
  readonly adapters: readonly AdapterReport[];
}

export interface AdapterReport {
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** False when this step's loss or gradient was not finite: the adapter is as it was before the step, and stays so. */
  readonly isFinite: boolean;
  /** Not trained by this step: it was dropped, or an earlier step was not finite. */
  readonly isStopped: boolean;
}

interface EvaluateOptions {
  readonly onProgress?: (doneRows: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface Evaluation {
  readonly rows: number;
  readonly targetTokens: number;
  readonly adapters: readonly { loss: number; perplexity: number; tokenAccuracy: number }[];
}

/** Flat parameters and moments, and the last optimizer step they have seen. */
export interface TrainerState {
  readonly step: number;
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first: Float32Array<ArrayBuffer>;
  /** AdamW only. */
  readonly second: Float32Array<ArrayBuffer> | undefined;
  /** Adapters that no step changes any more, and the last step that each has seen. */
  readonly stopped: readonly StoppedAdapter[];
}

export interface StoppedAdapter {
  /** Place in the layouts. */
  readonly adapter: number;
  readonly step: number;
}

/** Bytes on the GPU by what they are for; the sum is exactly what a run allocates. */
export interface TrainingMemory {
  readonly weights: number;
  readonly adapters: number;
  readonly activations: number;
  readonly total: number;
}

interface ShapedPlan {
  readonly shape: BatchShape;
  readonly inputs: ReturnType<BatchInputs['tensorsFor']>;
  readonly attachment: Attachment;
  readonly laidOut: LaidOutPlan;
  bound: Promise<BoundPlan> | undefined;
}

interface Submitted {
  readonly report: Omit<StepReport, 'adapters'>;
  readonly learningRates: readonly number[];
  readonly results: Promise<ArrayBuffer>;
}

const byAdapter = (a: StoppedAdapter, b: StoppedAdapter) => a.adapter - b.adapter;

const RING_SLOTS = 3;
/** Tells dropout's seeds from every other use of the run's seed. */
const DROPOUT_STREAM = 0x64726f70;

export class Trainer {
  readonly order: DataOrder;
  readonly steps: number;
  readonly memory: TrainingMemory;
  readonly #o: TrainerOptions;
  readonly #tensors: Tensors;
  readonly #training: ReadonlyMap<string, ShapedPlan>;
  readonly #evaluation: ReadonlyMap<string, ShapedPlan>;
  readonly #update: LaidOutPlan;
  readonly #workspace: Workspace;
  readonly #inputs: BatchInputs;
  readonly #pacer: Pacer;
  #updateBound: BoundPlan | undefined;
  #ring: ResultRing | undefined;
  /** By adapter, the last step that it has seen. */
  readonly #stopped = new Map<number, number>();
  #submitted = 0;
  /** Settles when the last step called for has been submitted. */
  #tail: Promise<void> = Promise.resolve();

  private constructor(options: TrainerOptions, parts: Parts) {
    this.#o = options;
    this.order = parts.order;
    this.steps = parts.steps;
    this.#tensors = parts.tensors;
    this.#training = parts.training;
    this.#evaluation = parts.evaluation;
    this.#update = parts.update;
    this.#workspace = parts.workspace;
    this.#inputs = parts.inputs;
    const { gpu, longestSubmitMs = defaultSubmitMs(gpu.adapter.isSoftware) } = options;
    this.#pacer = new Pacer(gpu, longestSubmitMs);
    this.memory = measure(options, parts);
  }

  /** Records and lays out every plan the run will need; allocates nothing. Throws TrainingError or GpuUsageError. */
  static async plan(options: TrainerOptions): Promise<Trainer> {
    return new Trainer(options, await planParts(options));
  }

  /** Allocates, and starts from `state`. Throws OutOfGpuMemoryError, with nothing kept, where there is no room. */
  async open(state: TrainerState): Promise<void> {
    const { gpu, model } = this.#o;
    const { parameters, first, second, cosSin, blocks, results } = this.#tensors;
    const allocate = () => {
      for (const tensor of residents(this.#tensors)) gpu.place(tensor.allocation);
      gpu.place(this.#inputs.allocation);
      for (const { attachment } of this.#allPlans()) gpu.place(attachment.tables.allocation);
      this.#workspace.allocate(gpu);
    };
    await gpu.allocating('this run', allocate).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    for (const { attachment } of this.#allPlans()) gpu.write(attachment.tables, attachment.tableWords);
    gpu.write(parameters, state.parameters);
    gpu.write(first, state.first);
    if (second && state.second) gpu.write(second, state.second);
    gpu.write(results, new Uint32Array(elementCount(results.shape)));
    this.#submitted = state.step;
    for (const { adapter, step } of state.stopped) this.#stop(adapter, step);
    gpu.write(blocks, Uint32Array.from(this.#o.layouts.flatMap(({ start, count }) => [start, count])));
    const rotary = model.architecture.rotary;
    if (cosSin && rotary) gpu.write(cosSin, rotaryTable(rotary, cosSin.shape[0]!));
    this.#updateBound = await BoundPlan.bind(gpu, this.#update, this.#workspace);
    this.#ring = new ResultRing(gpu, results, RING_SLOTS);
  }

  /**
   * Submits optimizer step `step` (from 1). The promise resolves when its result is known. Steps are submitted in the order
   * of the calls, whether or not earlier ones have resolved; at most as many may be open as the ring has slots.
   */
  async step(step: number): Promise<StepReport> {
    const submitted = this.#tail.then(() => this.#submit(step));
    this.#tail = submitted.then(
      () => {},
      () => {},
    );
    const { report, learningRates, results } = await submitted;
    const adapters = unpackResults(await results).map((result, i): AdapterReport => {
      const isStopped = (this.#stopped.get(i) ?? step) < step;
      if (!isStopped && !result.isFinite) this.#stopped.set(i, step - 1);
      return {
        loss: result.lossSum / report.targetTokens,
        gradientNorm: result.gradientNorm,
        learningRate: learningRates[i]!,
        isFinite: result.isFinite,
        isStopped,
      };
    });
    return { ...report, adapters };
  }

  /** No step from the next on changes this adapter. (Its rows are still computed.) */
  drop(adapter: number): Promise<void> {
    this.#tail = this.#tail.then(() => {
      if (!this.#stopped.has(adapter)) this.#stop(adapter, this.#submitted);
    });
    return this.#tail;
  }

  #stop(adapter: number, step: number): void {
    this.#stopped.set(adapter, step);
    const flag = (adapter * RESULT_WORDS + IS_STOPPED_WORD) * 4;
    this.#o.gpu.write(this.#tensors.results, Uint32Array.of(1), flag);
  }

  /** Writes and submits every micro-batch and the update, and starts to read the results. */
  async #submit(step: number): Promise<Submitted> {
    const { gpu, settings, layouts } = this.#o;
    const update = this.#updateBound;
    if (!update) throw new TrainingError('trainer: open it first');
    const batches = this.#batchesOf(step);
    const targetTokens = batches.reduce((sum, batch) => sum + batch.targetTokens, 0);
    const learningRates = layouts.map((_, i) => {
      const learningRate = this.#o.learningRates?.[i] ?? settings.learningRate;
      return learningRateAt({ ...settings, learningRate }, step, this.steps);
    });
    const adapters = learningRates.map((rate) => adapterStep(settings, step, rate, targetTokens));
    this.#submitted = step;
    const bound = await Promise.all(
      batches.map((batch) => this.#bound(this.#training, shapeOf(batch, layouts.length))),
    );
    let results: Promise<ArrayBuffer> | undefined;
    for (const [microBatch, batch] of batches.entries()) {
      const { plan, inputs } = bound[microBatch]!;
      const words = packStep({
        microBatch,
        dropoutSeed: hash32(settings.seed, DROPOUT_STREAM, (step - 1) * settings.accumulate + microBatch),
        lossRows: batch.targetTokens,
        adapters,
      });
      this.#inputs.write(gpu, inputs, batch, layouts.length, words);
      if (microBatch + 1 < batches.length) await this.#pacer.submit([plan]);
      else ({ results } = await this.#submitReading([plan, update]));
    }
    if (!results) throw new TrainingError('trainer: a step of no micro-batches');
    const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
    return { report: { step, tokens, targetTokens }, learningRates, results };
  }

  /** Submits these plans and a copy of the results that they leave. */
  async #submitReading(plans: readonly BoundPlan[]): Promise<{ results: Promise<ArrayBuffer> }> {
    const ring = this.#ring;
    if (!ring) throw new TrainingError('trainer: open it first');
    const slot = ring.claim();
    await this.#pacer.submit(plans, (encoder) => ring.copy(encoder, slot));
    return { results: ring.take(slot) };
  }

  /** Loss and token accuracy of every adapter on the validation rows. When `signal` aborts between batches, throws its reason. */
  async evaluate({ onProgress, signal }: EvaluateOptions = {}): Promise<Evaluation> {
    const { gpu, layouts, validationRows } = this.#o;
    if (!this.#ring) throw new TrainingError('trainer: open it first');
    const sums = layouts.map(() => ({ loss: 0, hits: 0 }));
    let targetTokens = 0;
    for (const [index, rows] of evaluationBatches(this.#o).entries()) {
      signal?.throwIfAborted();
      const batch = batchOf(this.#o, rows);
      const { plan, inputs } = await this.#bound(this.#evaluation, shapeOf(batch, layouts.length));
      const words = packStep({
        microBatch: 0,
        dropoutSeed: 0,
        lossRows: batch.targetTokens,
        adapters: layouts.map(() => ({ ...NO_UPDATE, lossScale: 1 })),
      });
      this.#inputs.write(gpu, inputs, batch, layouts.length, words);
      const { results } = await this.#submitReading([plan]);
      unpackResults(await results).forEach((result: StepResult, i) => {
        sums[i]!.loss += result.lossSum;
        sums[i]!.hits += result.hits;
      });
      targetTokens += batch.targetTokens;
      onProgress?.(Math.min((index + 1) * this.#o.settings.batchSize, validationRows.length), validationRows.length);
    }
    return {
      rows: validationRows.length,
      targetTokens,
      adapters: sums.map(({ loss, hits }) => ({
        loss: loss / targetTokens,
        perplexity: Math.exp(loss / targetTokens),
        tokenAccuracy: hits / targetTokens,
      })),
    };
  }

  /** Flat A and B on the GPU, for generation beside training. */
  get parameters(): Tensor {
    return this.#tensors.parameters;
  }

  /** Reads parameters and moments back, as they are after `step` optimizer steps. */
  async readState(step: number): Promise<TrainerState> {
    const { gpu } = this.#o;
    const { parameters, first, second } = this.#tensors;
    return {
      step,
      parameters: new Float32Array(await gpu.read(parameters)),
      first: new Float32Array(await gpu.read(first)),
      second: second && new Float32Array(await gpu.read(second)),
      stopped: [...this.#stopped].map(([adapter, last]) => ({ adapter, step: last })).sort(byAdapter),
    };
  }

  /** Where the time of a step's first micro-batch goes, by kernel, slowest first. Overwrites the gradients; updates nothing. */
  async profile(step: number): Promise<KernelTime[]> {
    const { gpu, layouts } = this.#o;
    const batch = this.#batchesOf(step)[0]!;
    const { plan, inputs } = await this.#bound(this.#training, shapeOf(batch, layouts.length));
    const words = packStep({
      microBatch: 0,
      dropoutSeed: 0,
      lossRows: batch.targetTokens,
      adapters: layouts.map(() => NO_UPDATE),
    });
    this.#inputs.write(gpu, inputs, batch, layouts.length, words);
    return plan.profile(gpu);
  }

  /** Frees everything but the model. */
  async close(): Promise<void> {
    const { gpu } = this.#o;
    await gpu.device.queue.onSubmittedWorkDone();
    for (const plan of this.#allPlans()) {
      if (plan.bound) (await plan.bound).free(gpu);
      gpu.free(plan.attachment.tables.allocation);
    }
    this.#updateBound?.free(gpu);
    this.#ring?.free(gpu);
    this.#workspace.free(gpu);
    gpu.free(this.#inputs.allocation);
    for (const tensor of residents(this.#tensors)) gpu.free(tensor.allocation);
  }

  #allPlans(): ShapedPlan[] {
    return [...this.#training.values(), ...this.#evaluation.values()];
  }

  async #bound(plans: ReadonlyMap<string, ShapedPlan>, shape: BatchShape) {
    const shaped = plans.get(shapeKey(shape));
    if (!shaped) throw new TrainingError(`trainer: no plan for the batch shape ${shapeKey(shape)}`);
    shaped.bound ??= BoundPlan.bind(this.#o.gpu, shaped.laidOut, this.#workspace);
    return { plan: await shaped.bound, inputs: shaped.inputs };
  }

  #batchesOf(step: number): Batch[] {
    const { settings } = this.#o;
    return Array.from({ length: settings.accumulate }, (_, a) =>
      batchOf(this.#o, rowsAt(this.#o, this.order, step, a)),
    );
  }
}

/** The bytes that a run would take, loaded or not: every plan is laid out, nothing is allocated. Throws as `Trainer.plan`. */
export async function planMemory(options: PlanOptions): Promise<TrainingMemory> {
  return measure(options, await planParts(options));
}

/** A state to start from: these parameters, no momentum. */
export function freshState(parameters: Float32Array<ArrayBuffer>, settings: TrainingSettings): TrainerState {
  const zeros = () => new Float32Array(parameters.length);
  const second = settings.optimizer.kind === 'adamw' ? zeros() : undefined;
  return { step: 0, parameters, first: zeros(), second, stopped: [] };
}

const NO_UPDATE: AdapterStep = {
  lossScale: 0,
  learningRate: 0,
  biasCorrection1: 1,
  biasCorrection2Root: 1,
  weightDecay: 0,
  clip: 0,
};

function adapterStep(
  settings: TrainingSettings,
  step: number,
  learningRate: number,
  targetTokens: number,
): AdapterStep {
  const { optimizer, weightDecay, clip } = settings;
  const isAdamw = optimizer.kind === 'adamw';
  return {
    lossScale: 1 / targetTokens,
    learningRate,
    biasCorrection1: isAdamw ? 1 - optimizer.beta1 ** step : step === 1 ? 1 : 0,
    biasCorrection2Root: isAdamw ? Math.sqrt(1 - optimizer.beta2 ** step) : 1,
    weightDecay,
    clip,
  };
}

interface Tensors {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly first: Tensor;
  readonly second: Tensor | undefined;
  readonly blocks: Tensor;
  readonly results: Tensor;
  readonly cosSin: Tensor | undefined;
}

interface Parts {
  order: DataOrder;
  steps: number;
  tensors: Tensors;
  training: Map<string, ShapedPlan>;
  evaluation: Map<string, ShapedPlan>;
  update: LaidOutPlan;
  workspace: Workspace;
  inputs: BatchInputs;
}

function residents(t: Tensors): Tensor[] {
  const { parameters, gradients, first, second, blocks, results, cosSin } = t;
  return [parameters, gradients, first, ...(second ? [second] : []), blocks, results, ...(cosSin ? [cosSin] : [])];
}

async function planParts(options: PlanOptions): Promise<Parts> {
  const { gpu, model, layouts, settings, rows, validationRows } = options;
  const { batchSize, accumulate, seed, shuffle } = settings;
  const lengths = rows.map((row) => row.ids.length);
  const order = createDataOrder({ rowCount: rows.length, batchSize, accumulate, seed, shuffle, lengths });
  const steps = settings.length.kind === 'steps' ? settings.length.steps : order.stepsForEpochs(settings.length.epochs);
  const longest = [...rows, ...validationRows].reduce((most, row) => Math.max(most, row.ids.length), 1);
  const a = model.architecture;
  if (longest > a.maxPositions) {
    throw new TrainingError(
      `The longest row has ${longest} tokens; this model's positions end at ${a.maxPositions}. Choose a smaller maximum length.`,
    );
  }
  const elements = flatElements(layouts);
  const flat = (label: string) => newTensor(label, [elements]);
  const tensors: Tensors = {
    parameters: flat('adapters'),
    gradients: flat('gradients'),
    first: flat(settings.optimizer.kind === 'adamw' ? 'first moment' : 'momentum'),
    second: settings.optimizer.kind === 'adamw' ? flat('second moment') : undefined,
    blocks: newTensor('adapter blocks', [layouts.length, 2], { type: 'u32' }),
    results: newTensor('results', [layouts.length, RESULT_WORDS]),
    cosSin: a.rotary && newTensor('rotary table', [Math.min(lengthBucket(longest), a.maxPositions), a.headDim]),
  };
  const trainingShapes = new Map<string, BatchShape>();
  for (let step = 1; step <= Math.min(steps, distinctSteps(order, settings)); step++) {
    for (let micro = 0; micro < accumulate; micro++) {
      const shape = shapeOf(sizeOf(rowsAt(options, order, step, micro)), layouts.length);
      trainingShapes.set(shapeKey(shape), shape);
    }
  }
  const evaluationShapes = new Map<string, BatchShape>();
  for (const batch of evaluationBatches(options)) {
    const shape = shapeOf(sizeOf(batch), layouts.length);
    evaluationShapes.set(shapeKey(shape), shape);
  }
  const laying = (plan: Plan, batch: { rows: number; length: number }) =>
    plan.layOut(gpu.shaders, gpu.limits).catch((error: unknown) => {
      throw explainSize(error, batch);
    });
  const inputs = new BatchInputs([...trainingShapes.values(), ...evaluationShapes.values()], layouts.length);
  const workspace = new Workspace();
  const shaped = async (shape: BatchShape, kind: 'training' | 'evaluation'): Promise<ShapedPlan> => {
    const batch = { ...inputs.tensorsFor(shape), results: tensors.results };
    const perAdapter = (shape.rows / layouts.length) * shape.length;
    const isTraining = kind === 'training';
    const bare = isTraining ? layouts : layouts.map((layout) => ({ ...layout, spec: { ...layout.spec, dropout: 0 } }));
    const attachment = attach(
      model,
      { parameters: tensors.parameters, gradients: isTraining ? tensors.gradients : undefined, step: batch.step },
      (layer, linear) => {
        const isShort = layer === a.layers - 1 && linear !== 'qkv' && endsWithLossRows(shape);
        return rowGroups(a, bare, layer, linear, isShort ? shape.lossRows / layouts.length : perAdapter);
      },
    );
    const base = { model, attachment, cosSin: tensors.cosSin, traits: gpu.traits };
    const stepOptions = {
      adapters: layouts.length,
      lowestLayer: lowestAdaptedLayer(layouts),
      checkpointing: settings.checkpointing,
    };
    const plan = isTraining
      ? recordTraining(base, shape, batch, stepOptions)
      : recordEvaluation(base, shape, batch, layouts.length);
    const laidOut = await laying(plan, { rows: shape.rows / layouts.length, length: shape.length });
    workspace.reserve(laidOut.layout);
    return { shape, inputs: batch, attachment, laidOut, bound: undefined };
  };
  const training = new Map<string, ShapedPlan>();
  for (const [key, shape] of trainingShapes) training.set(key, await shaped(shape, 'training'));
  const evaluation = new Map<string, ShapedPlan>();
  for (const [key, shape] of evaluationShapes) evaluation.set(key, await shaped(shape, 'evaluation'));
  const update = await laying(recordUpdate(options, tensors, inputs.step), { rows: batchSize, length: longest });
  workspace.reserve(update.layout);
  return { order, steps, tensors, training, evaluation, update, workspace, inputs };
}

/** Steps after which file order repeats itself; with shuffling every step is new. */
function distinctSteps(order: DataOrder, settings: TrainingSettings): number {
  return settings.shuffle ? Number.POSITIVE_INFINITY : order.rowCount;
}

function recordUpdate({ gpu, layouts, settings }: PlanOptions, t: Tensors, step: Tensor): Plan {
  const plan = new Plan('update', gpu.traits);
  const largest = Math.max(...layouts.map(({ count }) => count));
  const shared = { parameters: t.parameters, gradients: t.gradients, blocks: t.blocks, step, results: t.results };
  clipGradients(plan, shared, largest);
  if (settings.optimizer.kind === 'adamw' && t.second) {
    const { beta1, beta2, eps } = settings.optimizer;
    adamwStep(plan, { ...shared, first: t.first, second: t.second }, { beta1, beta2, eps }, largest);
  } else if (settings.optimizer.kind === 'sgd') {
    sgdStep(plan, { ...shared, velocity: t.first }, { momentum: settings.optimizer.momentum }, largest);
  }
  return plan;
}

function rowsAt({ rows }: PlanOptions, order: DataOrder, step: number, micro: number): TokenRow[] {
  return Array.from(order.microBatch(step, micro), (index) => rows[index]!);
}

/** Validation rows in batches, long rows together; the last batch is filled with empty rows. */
function evaluationBatches({ validationRows, settings }: PlanOptions): TokenRow[][] {
  const sorted = [...validationRows].sort((a, b) => a.ids.length - b.ids.length || a.line - b.line);
  const batches: TokenRow[][] = [];
  for (let i = 0; i < sorted.length; i += settings.batchSize) batches.push(sorted.slice(i, i + settings.batchSize));
  const empty: TokenRow = { ids: new Uint32Array(), loss: new Uint8Array(), line: 0 };
  for (const batch of batches) while (batch.length < settings.batchSize) batch.push(empty);
  return batches;
}

function batchOf({ model }: TrainerOptions, rows: readonly TokenRow[]): Batch {
  return buildBatch(rows, bucketFor(rows), { slidingWindow: model.architecture.slidingWindow });
}

function sizeOf(rows: readonly TokenRow[]): Pick<Batch, 'rows' | 'length' | 'targetTokens'> {
  let targetTokens = 0;
  for (const { loss } of rows) for (let t = 1; t < loss.length; t++) targetTokens += loss[t] === 1 ? 1 : 0;
  return { rows: rows.length, length: bucketFor(rows), targetTokens };
}

function shapeOf(batch: Pick<Batch, 'rows' | 'length' | 'targetTokens'>, adapters: number): BatchShape {
  return { rows: batch.rows * adapters, length: batch.length, lossRows: lengthBucket(batch.targetTokens) * adapters };
}

function shapeKey({ rows, length, lossRows }: BatchShape): string {
  return `${rows}×${length}/${lossRows}`;
}

function measure({ model }: PlanOptions, parts: Parts): TrainingMemory {
  const bufferBytes = (tensor: Tensor) => Math.max(16, Math.ceil(tensor.allocation.sizeBytes / 4) * 4);
  const sum = (tensors: readonly Tensor[]) => tensors.reduce((total, tensor) => total + bufferBytes(tensor), 0);
  const { tensors, training, evaluation, update, workspace, inputs } = parts;
  const plans = [...training.values(), ...evaluation.values()];
  const weights = sum(allTensors(model));
  const adapters = sum([
    tensors.parameters,
    tensors.gradients,
    tensors.first,
    ...(tensors.second ? [tensors.second] : []),
  ]);
  const parameterBytes = [...plans.map(({ laidOut }) => laidOut), update].reduce(
    (total, plan) => total + Math.max(16, plan.paramBytes),
    0,
  );
  const ring = RING_SLOTS * storedBytes(elementCount(tensors.results.shape), 'f32');
  const small = sum([
    tensors.blocks,
    tensors.results,
    ...(tensors.cosSin ? [tensors.cosSin] : []),
    ...plans.map(({ attachment }) => attachment.tables),
  ]);
  const activations = workspace.sizeBytes + inputs.sizeBytes + parameterBytes + ring + small;
  return { weights, adapters, activations, total: weights + adapters + activations };
}
