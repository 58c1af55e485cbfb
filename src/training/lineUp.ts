// The adapters that train together at a time, and their plans: one for every size of batch, forward and backward,
// evaluation, and the update. Parameters and moments lie flat and stay where they are; when an adapter leaves a race, a
// line-up without its rows takes the place of the one before.
import { type AdapterLayout, flatElements, lowestAdaptedLayer, rowGroups } from '../adapters/adapterSet.ts';
import { lengthBucket } from '../data/batches.ts';
import { type BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import { type LaidOutPlan, Plan } from '../gpu/plan.ts';
import { elementCount, newTensor, storedBytes, type Tensor } from '../gpu/tensor.ts';
import { allTensors } from '../model/frozenModel.ts';
import { type Attachment, attach } from '../model/network.ts';
import { adamwStep, clipGradients, type OptimizerTensors, sgdStep } from '../ops/optimizer.ts';
import { RESULT_WORDS } from '../ops/stepRecord.ts';
import { BatchInputs } from './batchInputs.ts';
import { type BatchSize, type Course, type PlanOptions, planCourse } from './course.ts';
import { type BatchShape, endsWithLossRows, recordEvaluation, recordTraining } from './stepPlan.ts';
import { explainSize } from './tooLarge.ts';

/** Bytes on the GPU by what they are for; the sum is exactly what a run allocates. */
export interface TrainingMemory {
  readonly weights: number;
  readonly adapters: number;
  readonly activations: number;
  readonly total: number;
}

/** What stays on the GPU whoever trains: the numbers of every adapter, one after another, and the rotary table. */
export interface FlatTensors {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly first: Tensor;
  /** AdamW only. */
  readonly second: Tensor | undefined;
  readonly cosSin: Tensor | undefined;
}

export function declareFlat({ options, longest }: Course): FlatTensors {
  const { layouts, settings, model } = options;
  const elements = flatElements(layouts);
  const flat = (label: string) => newTensor(label, [elements]);
  const isAdamw = settings.optimizer.kind === 'adamw';
  const { rotary, headDim, maxPositions } = model.architecture;
  return {
    parameters: flat('adapters'),
    gradients: flat('gradients'),
    first: flat(isAdamw ? 'first moment' : 'momentum'),
    second: isAdamw ? flat('second moment') : undefined,
    cosSin: rotary && newTensor('rotary table', [Math.min(lengthBucket(longest), maxPositions), headDim]),
  };
}

export interface ShapedPlan {
  readonly inputs: ReturnType<BatchInputs['tensorsFor']>;
  readonly attachment: Attachment;
  readonly laidOut: LaidOutPlan;
  bound: Promise<BoundPlan> | undefined;
}

export interface LineUp {
  /** Places of its adapters in the run's layouts; their rows lie in this order. */
  readonly places: readonly number[];
  readonly layouts: readonly AdapterLayout[];
  /** By the key of one adapter's size. */
  readonly training: ReadonlyMap<string, ShapedPlan>;
  readonly evaluation: ReadonlyMap<string, ShapedPlan>;
  readonly update: LaidOutPlan;
  readonly workspace: Workspace;
  readonly inputs: BatchInputs;
  readonly blocks: Tensor;
  readonly results: Tensor;
}

/** Records and lays out every plan that the run needs while these adapters train; allocates nothing. */
export async function planLineUp(course: Course, flat: FlatTensors, places: readonly number[]): Promise<LineUp> {
  const { options, longest, trainingSizes, evaluationSizes } = course;
  const { gpu, model, settings } = options;
  const a = model.architecture;
  const layouts = places.map((place) => options.layouts[place]!);
  const adapters = layouts.length;
  const ofAll = ({ rows, length, lossRows }: BatchSize): BatchShape => ({
    rows: rows * adapters,
    length,
    lossRows: lossRows * adapters,
  });
  const inputs = new BatchInputs([...trainingSizes.values(), ...evaluationSizes.values()].map(ofAll), adapters);
  const results = newTensor('results', [adapters, RESULT_WORDS]);
  const workspace = new Workspace();
  const laying = async (plan: Plan, batch: { rows: number; length: number }) => {
    const laidOut = await plan.layOut(gpu.shaders, gpu.limits).catch((error: unknown) => {
      throw explainSize(error, batch);
    });
    workspace.reserve(laidOut.layout);
    return laidOut;
  };
  const shaped = async (size: BatchSize, kind: 'training' | 'evaluation'): Promise<ShapedPlan> => {
    const shape = ofAll(size);
    const batch = { ...inputs.tensorsFor(shape), results };
    const isTraining = kind === 'training';
    const bare = isTraining ? layouts : layouts.map((layout) => ({ ...layout, spec: { ...layout.spec, dropout: 0 } }));
    const attachment = attach(
      model,
      { parameters: flat.parameters, gradients: isTraining ? flat.gradients : undefined, step: batch.step },
      (layer, linear) => {
        const isShort = layer === a.layers - 1 && linear !== 'qkv' && endsWithLossRows(shape);
        return rowGroups(a, bare, layer, linear, isShort ? size.lossRows : size.rows * size.length);
      },
    );
    const base = { model, attachment, cosSin: flat.cosSin, traits: gpu.traits };
    const { checkpointing } = settings;
    const plan = isTraining
      ? recordTraining(base, shape, batch, { adapters, lowestLayer: lowestAdaptedLayer(layouts), checkpointing })
      : recordEvaluation(base, shape, batch, adapters);
    return { inputs: batch, attachment, laidOut: await laying(plan, size), bound: undefined };
  };
  const training = new Map<string, ShapedPlan>();
  for (const [key, size] of trainingSizes) training.set(key, await shaped(size, 'training'));
  const evaluation = new Map<string, ShapedPlan>();
  for (const [key, size] of evaluationSizes) evaluation.set(key, await shaped(size, 'evaluation'));
  const blocks = newTensor('adapter blocks', [adapters, 2], { type: 'u32' });
  const { step } = inputs;
  const update = await laying(recordUpdate(options, layouts, flat, { blocks, step, results }), {
    rows: settings.batchSize,
    length: longest,
  });
  return { places, layouts, training, evaluation, update, workspace, inputs, blocks, results };
}

function recordUpdate(
  { gpu, settings }: PlanOptions,
  layouts: readonly AdapterLayout[],
  { parameters, gradients, first, second }: FlatTensors,
  own: Pick<OptimizerTensors, 'blocks' | 'step' | 'results'>,
): Plan {
  const plan = new Plan('update', gpu.traits);
  const largest = Math.max(...layouts.map(({ count }) => count));
  const shared = { parameters, gradients, ...own };
  clipGradients(plan, shared, largest);
  if (settings.optimizer.kind === 'adamw' && second) {
    const { beta1, beta2, eps } = settings.optimizer;
    adamwStep(plan, { ...shared, first, second }, { beta1, beta2, eps }, largest);
  } else if (settings.optimizer.kind === 'sgd') {
    sgdStep(plan, { ...shared, velocity: first }, { momentum: settings.optimizer.momentum }, largest);
  }
  return plan;
}

/** The bytes that a run would take, loaded or not: every plan is laid out, nothing is allocated. Throws as `Trainer.plan`. */
export async function planMemory(options: PlanOptions): Promise<TrainingMemory> {
  const course = planCourse(options);
  const flat = declareFlat(course);
  return measure(options, flat, await planLineUp(course, flat, everyone(options)));
}

export function everyone({ layouts }: PlanOptions): number[] {
  return layouts.map((_, place) => place);
}

export function residents({ parameters, gradients, first, second, cosSin }: FlatTensors): Tensor[] {
  return [parameters, gradients, first, ...(second ? [second] : []), ...(cosSin ? [cosSin] : [])];
}

export function plansOf({ training, evaluation }: LineUp): ShapedPlan[] {
  return [...training.values(), ...evaluation.values()];
}

/** Results that may be on their way back at a time. */
export const RING_SLOTS = 3;

export function measure({ model }: PlanOptions, flat: FlatTensors, lineUp: LineUp): TrainingMemory {
  const bufferBytes = (tensor: Tensor) => Math.max(16, Math.ceil(tensor.allocation.sizeBytes / 4) * 4);
  const sum = (tensors: readonly Tensor[]) => tensors.reduce((total, tensor) => total + bufferBytes(tensor), 0);
  const { cosSin, ...ofAdapters } = flat;
  const { blocks, results, update, workspace, inputs } = lineUp;
  const plans = plansOf(lineUp);
  const parameterBytes = [...plans.map(({ laidOut }) => laidOut), update].reduce(
    (total, plan) => total + Math.max(16, plan.paramBytes),
    0,
  );
  const ring = RING_SLOTS * storedBytes(elementCount(results.shape), 'f32');
  const small = sum([
    blocks,
    results,
    ...(cosSin ? [cosSin] : []),
    ...plans.map(({ attachment }) => attachment.tables),
  ]);
  const weights = sum(allTensors(model));
  const adapters = sum(residents({ ...ofAdapters, cosSin: undefined }));
  const activations = workspace.sizeBytes + inputs.sizeBytes + parameterBytes + ring + small;
  return { weights, adapters, activations, total: weights + adapters + activations };
}
