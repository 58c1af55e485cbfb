// The training step that everything is compared on: a GPT-2 of given sizes with seeded random weights, one batch, and the
// adapter's starting values. Ours and the peers' steps are built from the same one, so their losses must agree.
import { type AdapterLayout, flatElements, layOutAdapters } from '../../src/adapters/adapterSet.ts';
import type { TokenRow } from '../../src/data/types.ts';
import { bytesSource } from '../../src/formats/byteSource.ts';
import type { WeightFiles } from '../../src/formats/weightFiles.ts';
import { type Architecture, architectureOf } from '../../src/model/architecture.ts';
import type { TrainingSettings } from '../../src/training/settings.ts';

export interface StepSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly mlp: number;
  readonly length: number;
  readonly batch: number;
  readonly vocabulary: number;
  readonly rank: number;
  /** Loss is on this many last tokens of each row. */
  readonly lossTokens: number;
}

export const STEP_SIZES: StepSizes = {
  layers: 4,
  hidden: 256,
  heads: 4,
  mlp: 1024,
  length: 128,
  batch: 4,
  vocabulary: 4096,
  rank: 8,
  lossTokens: 64,
};

export const ADAMW = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };

export interface StepProblem {
  readonly sizes: StepSizes;
  readonly architecture: Architecture;
  /** By transformers' names, each with its shape; linears are [in, out], as GPT-2 stores them. */
  readonly weights: ReadonlyMap<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>;
  readonly layout: AdapterLayout;
  /** Flat A and B, as `layout` places them; B is not zero, so that every gradient is there from the first step. */
  readonly start: Float32Array<ArrayBuffer>;
  readonly rows: readonly TokenRow[];
}

/** Tokens of one step. */
export function tokensOf({ batch, length }: StepSizes): number {
  return batch * length;
}

/** The same problem on every machine for the same sizes. */
export function stepProblem(sizes: StepSizes): StepProblem {
  const { layers, hidden, heads, mlp, length, batch, vocabulary, rank, lossTokens } = sizes;
  const random = mulberry32(1234);
  const weights = new Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>();
  const add = (name: string, shape: readonly number[], spread: number, mean = 0) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++) values[i] = mean + spread * (2 * random() - 1);
    weights.set(name, { shape, values });
  };
  const addNorm = (name: string) => {
    add(`${name}.weight`, [hidden], 0.1, 1);
    add(`${name}.bias`, [hidden], 0.1);
  };
  const addLinear = (name: string, inFeatures: number, outFeatures: number) => {
    add(`${name}.weight`, [inFeatures, outFeatures], 1 / Math.sqrt(inFeatures));
    add(`${name}.bias`, [outFeatures], 0.02);
  };
  add('wte.weight', [vocabulary, hidden], 0.1);
  add('wpe.weight', [length, hidden], 0.1);
  for (let layer = 0; layer < layers; layer++) {
    addNorm(`h.${layer}.ln_1`);
    addLinear(`h.${layer}.attn.c_attn`, hidden, 3 * hidden);
    addLinear(`h.${layer}.attn.c_proj`, hidden, hidden);
    addNorm(`h.${layer}.ln_2`);
    addLinear(`h.${layer}.mlp.c_fc`, hidden, mlp);
    addLinear(`h.${layer}.mlp.c_proj`, mlp, hidden);
  }
  addNorm('ln_f');
  const architecture = architectureOf({
    model_type: 'gpt2',
    vocab_size: vocabulary,
    n_positions: length,
    n_embd: hidden,
    n_layer: layers,
    n_head: heads,
    n_inner: mlp,
    activation_function: 'gelu_new',
    tie_word_embeddings: true,
  });
  const [layout] = layOutAdapters(architecture, [
    { rank, alpha: 2 * rank, dropout: 0, useRslora: false, targets: ['q', 'k', 'v', 'o'] },
  ]);
  if (!layout) throw new Error('stepProblem: no adapter');
  const start = new Float32Array(flatElements([layout]));
  for (const { aStart, bStart, place } of layout.modules) {
    for (let i = 0; i < rank * place.inFeatures; i++) start[aStart + i] = (2 * random() - 1) / Math.sqrt(hidden);
    for (let i = 0; i < rank * place.colCount; i++) start[bStart + i] = 0.02 * (2 * random() - 1);
  }
  const rows = Array.from({ length: batch }, (_, line): TokenRow => {
    const ids = Uint32Array.from({ length }, () => Math.floor(random() * vocabulary));
    const loss = Uint8Array.from({ length }, (_, t) => (t >= Math.max(1, length - lossTokens) ? 1 : 0));
    return { ids, loss, line: line + 1 };
  });
  return { sizes, architecture, weights, layout, start, rows };
}

/** The weights as files in memory, for loadModel. */
export function weightFilesOf({ weights }: StepProblem): WeightFiles {
  return {
    tensors: new Map(
      [...weights].map(([name, { shape, values }]) => {
        const source = bytesSource(new Uint8Array(values.buffer), name);
        return [name, { source, info: { name, dtype: 'F32', shape, offset: 0, sizeBytes: values.byteLength } }];
      }),
    ),
  };
}

/** The settings of a run of `steps` steps over the one batch. */
export function stepSettings({ batch, length }: StepSizes, steps: number, checkpointing: boolean): TrainingSettings {
  const { learningRate, weightDecay, beta1, beta2, eps } = ADAMW;
  return {
    optimizer: { kind: 'adamw', beta1, beta2, eps },
    learningRate,
    weightDecay,
    schedule: 'constant',
    warmupSteps: 0,
    clip: 0,
    batchSize: batch,
    accumulate: 1,
    length: { kind: 'steps', steps },
    maxLength: length,
    shuffle: false,
    seed: 1,
    checkpointing,
    evaluateEvery: 0,
    saveEvery: 0,
  };
}

/** Seeded numbers in [0, 1), the same on every machine. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
