// What training takes of the memory of every GPU of some machines, by arithmetic over shapes: PyTorch, transformers and PEFT
// as the exported train.py runs them. Weights, adapter, gradients and moments are exact; activations are those that autograd
// keeps, operation by operation (as e2e/reference/saved_activations.py counts them in PyTorch). What backward needs for a
// moment, the driver, the libraries and fragmentation are `OVERHEAD_BYTES`.
import { type AdapterSpec, layOutAdapters, trainableParameters } from '../../adapters/adapterSet.ts';
import type { Architecture } from '../../model/architecture.ts';
import { declareModel, parameterCount } from '../../model/frozenModel.ts';
import { linearShape } from '../../model/linears.ts';
import type { OptimizerSettings } from '../../training/settings.ts';

export type Sharding = 'none' | 'fsdp' | 'deepspeed';

export interface MachineSetup {
  readonly gpus: number;
  /** Of each GPU. */
  readonly gpuBytes: number;
  /** `none`: the model whole on every GPU. */
  readonly sharding: Sharding;
  readonly dtype: 'float32' | 'bfloat16';
  readonly checkpointing: boolean;
  /** Rows that one GPU takes at once. */
  readonly microBatch: number;
  /** Tokens of a row, and how many of them are targets. */
  readonly length: number;
  readonly targets: number;
  readonly optimizer: OptimizerSettings;
}

/** Bytes on each GPU, by what they are for. */
export interface MachineMemory {
  readonly weights: number;
  /** The layers that are whole for a moment where the model is cut. */
  readonly gathered: number;
  /** Parameters, gradients and moments of the adapter. */
  readonly adapter: number;
  readonly activations: number;
  /** Logits of the targets, their probabilities and gradient. */
  readonly logits: number;
  readonly overhead: number;
  readonly total: number;
}

/** CUDA context, libraries and fragmentation: about this much whatever the model. */
const OVERHEAD_BYTES = 1.5e9;

export function parametersOf(a: Architecture): number {
  return parameterCount(declareModel(a, 'f32', Number.MAX_SAFE_INTEGER));
}

export function trainedParametersOf(a: Architecture, spec: AdapterSpec): number {
  const [layout] = layOutAdapters(a, [spec]);
  return layout ? trainableParameters(layout) : 0;
}

/** Moments per parameter. */
export function momentsOf(optimizer: OptimizerSettings): number {
  if (optimizer.kind === 'adamw') return 2;
  return optimizer.momentum > 0 ? 1 : 0;
}

export function machineMemory(a: Architecture, spec: AdapterSpec, setup: MachineSetup): MachineMemory {
  const { gpus, sharding, dtype, optimizer, microBatch, targets } = setup;
  const bytes = dtype === 'float32' ? 4 : 2;
  const isCut = sharding !== 'none' && gpus > 1;
  const parts = isCut ? gpus : 1;
  const weights = (parametersOf(a) * bytes) / parts;
  const gathered = isCut ? gatheredParameters(a, sharding) * bytes : 0;
  // f32 parameter and gradient. DeepSpeed computes in the frozen weights' type and keeps an f32 copy beside it.
  const copies = sharding === 'deepspeed' && dtype === 'bfloat16' ? 4 + 2 + 4 : 4 + 4;
  const adapter = (trainedParametersOf(a, spec) * (copies + 4 * momentsOf(optimizer))) / parts;
  const activations = activationBytes(a, spec, setup);
  const logits = microBatch * targets * a.vocabularySize * (bytes + 4 + 4);
  const sum = weights + gathered + adapter + activations + logits + OVERHEAD_BYTES;
  return { weights, gathered, adapter, activations, logits, overhead: OVERHEAD_BYTES, total: sum };
}

/**
 * One layer is computed with while the next is on its way. FSDP keeps embedding and head, which are in no layer, whole from
 * forward to backward; DeepSpeed fetches them too only when their turn comes.
 */
function gatheredParameters(a: Architecture, sharding: Sharding): number {
  const ends = a.vocabularySize * a.hiddenSize;
  const layers = 2 * layerParameters(a);
  return sharding === 'fsdp' ? layers + ends * (a.isTied ? 1 : 2) : Math.max(layers, ends);
}

function layerParameters(a: Architecture): number {
  return (['qkv', 'o', 'up', 'down'] as const).reduce((total, linear) => {
    const { cols, inner } = linearShape(a, linear);
    return total + cols * inner;
  }, 0);
}

/** What autograd keeps for backward of one micro-batch; with checkpointing the inputs of all layers and one layer whole. */
export function activationBytes(
  a: Architecture,
  spec: AdapterSpec,
  { microBatch, length, dtype, checkpointing }: Pick<MachineSetup, 'microBatch' | 'length' | 'dtype' | 'checkpointing'>,
): number {
  const tokens = microBatch * length;
  const bytes = dtype === 'float32' ? 4 : 2;
  const layer = tokens * layerBytesPerToken(a, spec, bytes);
  const inputs = tokens * a.hiddenSize * bytes * a.layers;
  const ends = tokens * normBytes(a, a.hiddenSize, 1, bytes);
  return (checkpointing ? inputs + layer : layer * a.layers) + ends;
}

/** RMSNorm computes in f32 and keeps that input and a number for each row of it; LayerNorm its input as it is, and two. */
function normBytes({ norm }: Architecture, width: number, count: number, bytes: number): number {
  return norm.kind === 'rms' ? 4 * width + 4 * count : bytes * width + 8 * count;
}

function layerBytesPerToken(a: Architecture, spec: AdapterSpec, bytes: number): number {
  const { hiddenSize: h, mlpSize: m, heads, kvHeads, headDim } = a;
  const [q, kv] = [heads * headDim, kvHeads * headDim];
  const count = (...targets: readonly string[]) => spec.targets.filter((target) => targets.includes(target)).length;
  /** An adapted linear keeps its input in f32 for A's gradient (each a copy of its own, where that is a cast), and U for B's. */
  const lora = (adapted: number, width: number) => (bytes === 4 ? Math.min(1, adapted) : adapted) * 4 * width;
  const ranks = 4 * spec.rank * spec.targets.length;
  // Attention keeps q, k, v, its output (which is o's input) and a number for each head.
  const output = bytes === 4 ? 0 : lora(count('o'), q);
  const attention = lora(count('q', 'k', 'v', 'qkv'), h) + (2 * q + 2 * kv) * bytes + 4 * heads + output;
  const qkNorms = a.hasQkNorm ? normBytes(a, q + kv, heads + kvHeads, bytes) : 0;
  const mlp = lora(count('gate', 'up'), h) + mlpTensors(a) * m * bytes + lora(count('down'), m);
  return 2 * normBytes(a, h, 1, bytes) + attention + qkNorms + mlp + ranks;
}

/** Gated: what the activation takes, what it gives, and its partner. transformers writes GPT-2's gelu in five operations. */
function mlpTensors({ mlp }: Architecture): number {
  if (mlp.kind === 'gated') return 3;
  return mlp.activation === 'geluTanh' ? 4 : 1;
}
