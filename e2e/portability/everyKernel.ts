// Every kernel that the engine can make, by calling every op for every kind of device, size and weight format: for
// compilers that are not here. Nothing is run, so shapes are small and tensors have no buffers.
import type { Call, Pass } from '../../src/gpu/plan.ts';
import type { KernelSource } from '../../src/gpu/shaders.ts';
import { BLOCKS, type ElementType, isBlockType, newTensor, type Tensor } from '../../src/gpu/tensor.ts';
import { CORE_TRAITS, type KernelTraits } from '../../src/gpu/traits.ts';
import { type Activation, activationBackward } from '../../src/ops/activation.ts';
import { attentionBackward, attentionForward, columnsOfQkv } from '../../src/ops/attention.ts';
import { cachedAttention } from '../../src/ops/cachedAttention.ts';
import { crossEntropyForward, crossEntropyWithGradient } from '../../src/ops/crossEntropy.ts';
import { embeddingForward } from '../../src/ops/embedding.ts';
import { gatedBackward, gatedForward } from '../../src/ops/gated.ts';
import { headNormBackward, headNormForward } from '../../src/ops/headNorm.ts';
import { cacheAppend } from '../../src/ops/keyValueCache.ts';
import { layerNormBackward, layerNormForward } from '../../src/ops/layerNorm.ts';
import { linearBackward, linearForward } from '../../src/ops/linear.ts';
import { loraGradients, loraProject, loraProjectBackward } from '../../src/ops/lora.ts';
import { buildSegments, SEGMENT_WORDS } from '../../src/ops/loraSegments.ts';
import { adamwStep, clipGradients, sgdStep } from '../../src/ops/optimizer.ts';
import { forcedTile, productTiles } from '../../src/ops/productTiles.ts';
import { rmsNormBackward, rmsNormForward } from '../../src/ops/rmsNorm.ts';
import { rotaryForward } from '../../src/ops/rotary.ts';
import { gatherRowPairs, gatherRows } from '../../src/ops/rows.ts';
import type { WeightMatrix, WeightType } from '../../src/ops/weightMatrix.ts';

/** Kinds of devices as WebGPU describes them. */
export const DEVICES: Readonly<Record<string, KernelTraits>> = {
  'core alone': CORE_TRAITS,
  'core and f16': { ...CORE_TRAITS, hasF16: true },
  'subgroups of 4 to 64': { ...CORE_TRAITS, lanes: 4, subgroupWorkgroup: 64, hasF16: true },
  'subgroups of 8 to 32': { ...CORE_TRAITS, lanes: 8, subgroupWorkgroup: 32 },
  'subgroups of 16': { ...CORE_TRAITS, lanes: 16, subgroupSize: 16, subgroupWorkgroup: 16 },
  'subgroups of 32': { ...CORE_TRAITS, lanes: 16, subgroupSize: 32, subgroupWorkgroup: 32, hasF16: true },
  'subgroups of 32 to 128': { ...CORE_TRAITS, lanes: 16, subgroupWorkgroup: 128 },
  'a processor': { ...CORE_TRAITS, isCpu: true },
  'a processor, subgroups of 4': { ...CORE_TRAITS, isCpu: true, lanes: 4, subgroupSize: 4, subgroupWorkgroup: 16 },
  'a processor, subgroups of 8': { ...CORE_TRAITS, isCpu: true, lanes: 8, subgroupSize: 8, subgroupWorkgroup: 16 },
};

const FORMATS: readonly WeightType[] = ['f32', 'f16', 'bf16', 'q8', 'q4', 'nf4', 'q4k', 'q5k', 'q6k'];
const ACTIVATIONS: readonly Activation[] = ['gelu', 'geluTanh', 'relu', 'silu'];

const floats = (...shape: number[]): Tensor => newTensor('floats', shape);
const words = (...shape: number[]): Tensor => newTensor('words', shape, { type: 'u32' });

function matrix(rows: number, cols: number, type: ElementType): WeightMatrix {
  return { rows, cols, parts: [{ tensor: newTensor('weight', [rows, cols], { type }), rowStart: 0 }] };
}

function fits(cols: number, type: WeightType): boolean {
  return !isBlockType(type) || cols % BLOCKS[type].elements === 0;
}

/** Every kernel of a device, each once, with one of its calls. */
export function kernelsOf(traits: KernelTraits): { source: KernelSource; call: Call }[] {
  const found = new Map<string, { source: KernelSource; call: Call }>();
  const passOf = (own: KernelTraits): Pass => ({
    traits: own,
    scratch: (label, shape, type = 'f32') => newTensor(label, shape, { type, isScratch: true }),
    run: (source, call) => void found.set(JSON.stringify(source), { source, call }),
  });
  const pass = passOf(traits);
  for (const rows of [3, 96]) {
    for (const cols of [512, 67]) rowwise(pass, rows, cols);
  }
  for (const headDim of [64, 128, 6]) attention(pass, headDim);
  for (const type of FORMATS) lookups(pass, type);
  optimizers(pass);
  for (const tile of productTiles(traits)) {
    for (const activation of [undefined, ...ACTIVATIONS])
      products(passOf({ ...forcedTile(traits, tile.name), activation }));
  }
  return [...found.values()];
}

function rowwise(pass: Pass, rows: number, cols: number): void {
  const [x, y, dy, dx] = [floats(rows, cols), floats(rows, cols), floats(rows, cols), floats(rows, cols)];
  const [weight, bias, mean, rstd] = [floats(cols), floats(cols), floats(rows), floats(rows)];
  const index = words(rows);
  rmsNormForward(pass, { x, weight, y, rstd }, 1e-5);
  rmsNormBackward(pass, { x, weight, rstd, dy, dx });
  layerNormForward(pass, { x, weight, bias, y, mean, rstd }, 1e-5);
  layerNormBackward(pass, { x, weight, mean, rstd, dy, dx });
  gatherRows(pass, { x, index, y });
  gatherRowPairs(pass, { index, first: { x, y }, second: { x: dx, y: dy } });
  for (const kind of ACTIVATIONS) {
    activationBackward(pass, { x, dy, dx }, kind);
    gatedForward(pass, { gateUp: floats(rows, 2 * cols), y }, kind);
    gatedBackward(pass, { gateUp: floats(rows, 2 * cols), dy, dGateUp: floats(rows, 2 * cols) }, kind);
  }
}

function attention(pass: Pass, headDim: number): void {
  const [heads, kvHeads, length, rows] = [4, 2, 16, 32];
  const cols = (heads + 2 * kvHeads) * headDim;
  const [qkv, dqkv, raw] = [floats(rows, cols), floats(rows, cols), floats(rows, cols)];
  const [out, dout] = [floats(rows, heads * headDim), floats(rows, heads * headDim)];
  const [lse, delta] = [floats(rows, heads), floats(rows, heads)];
  const [keyStart, keyEnd, queryEnd] = [words(rows), words(rows), words(rows)];
  const sizes = { heads, kvHeads, headDim, scale: 1 };
  for (const own of [sizes, { ...sizes, length }]) {
    attentionForward(pass, { ...columnsOfQkv(qkv, own), keyStart, keyEnd, out, lse }, own);
    attentionBackward(pass, { qkv, out, lse, dout, keyStart, keyEnd, queryEnd, delta, dqkv }, own);
  }
  const [keys, values] = [floats(64, kvHeads * headDim), floats(64, kvHeads * headDim)];
  cacheAppend(pass, { qkv, cacheRow: words(rows), keys, values }, heads * headDim);
  for (const few of [2, rows]) {
    const t = { q: floats(few, cols), keys, values, keyStart: words(few), keyEnd: words(few) };
    cachedAttention(pass, { ...t, out: floats(few, heads * headDim) }, sizes);
  }
  rotaryForward(pass, { qkv, positions: words(rows), cosSin: floats(64, headDim) }, sizes);
  const norms = { raw, qWeight: floats(headDim), kWeight: floats(headDim) };
  headNormForward(pass, { ...norms, qkv }, sizes, 1e-5);
  headNormBackward(pass, { ...norms, dqkv }, sizes, 1e-5);
}

/** What reads rows of a stored matrix. */
function lookups(pass: Pass, type: WeightType): void {
  for (const cols of [512, 67]) {
    if (!fits(cols, type)) continue;
    const [vocabulary, rows] = [256, 32];
    const weight = matrix(vocabulary, cols, type);
    embeddingForward(pass, { ids: words(rows), weight, y: floats(rows, cols) });
    const t = {
      hidden: floats(rows, cols),
      head: weight,
      targets: words(rows),
      step: words(12),
      results: floats(1, 8),
    };
    crossEntropyForward(pass, t, { adapters: 1, chunkRows: 128 });
    crossEntropyWithGradient(pass, { ...t, dHidden: floats(rows, cols) }, { adapters: 1, chunkRows: 128 });
  }
}

function optimizers(pass: Pass): void {
  const t = {
    parameters: floats(4096),
    gradients: floats(4096),
    blocks: words(1, 2),
    step: words(12),
    results: floats(1, 8),
  };
  clipGradients(pass, t, 4096);
  adamwStep(pass, { ...t, first: floats(4096), second: floats(4096) }, { beta1: 0.9, beta2: 0.999, eps: 1e-8 }, 4096);
  sgdStep(pass, { ...t, velocity: floats(4096) }, { momentum: 0.9 }, 4096);
}

/** Ranks of the column blocks, and dropout; none is a frozen product. */
const ADAPTERS: readonly ({ ranks: readonly number[]; dropout: number } | undefined)[] = [
  undefined,
  { ranks: [8, 8], dropout: 0 },
  { ranks: [8, 8], dropout: 0.1 },
  { ranks: [3, 1], dropout: 0 },
  { ranks: [3, 1], dropout: 0.1 },
  { ranks: [24, 0], dropout: 0 },
  { ranks: [24, 0], dropout: 0.1 },
  { ranks: [64, 64], dropout: 0 },
];

function products(pass: Pass): void {
  for (const type of FORMATS) {
    for (const [inner, cols] of [
      [512, 256],
      [67, 70],
      [512, 70],
    ] as const) {
      if (!fits(inner, type)) continue;
      for (const adapters of ADAPTERS) {
        for (const rows of adapters === undefined ? [2, 96] : [96])
          product(pass, { rows, inner, cols, type, adapters });
      }
    }
  }
}

interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly type: WeightType;
  readonly adapters: (typeof ADAPTERS)[number];
}

function product(pass: Pass, { rows, inner, cols, type, adapters }: Product): void {
  const weight = matrix(cols, inner, type);
  const [x, y, dy, dx] = [floats(rows, inner), floats(rows, cols), floats(rows, cols), floats(rows, inner)];
  const bias = floats(cols);
  const step = words(12);
  const lora = adapters && loraOf(rows, inner, cols, adapters);
  const { activation } = pass.traits;
  const own = lora ? { lora } : {};
  linearForward(pass, { x, weight, y, bias, residual: floats(rows, cols), ...own });
  if (isActivation(activation)) linearForward(pass, { x, weight, y, bias, activate: { y: dy, activation }, ...own });
  for (const kind of ['overwrite', 'add'] as const) {
    linearBackward(pass, { dy, weight, dx, ...(lora ? { lora: { ...lora, v: lora.u, step } } : {}) }, { kind });
  }
  if (!lora) {
    linearBackward(pass, { dy, weight, dx }, { kind: 'rescale', scale: floats(rows) });
    return;
  }
  loraProject(pass, lora, { x, step });
  loraProjectBackward(pass, lora, { dy, v: lora.u });
  loraGradients(pass, lora, { x, dy, v: lora.u, step, gradients: lora.parameters });
}

function isActivation(name: string | undefined): name is Activation {
  return ACTIVATIONS.some((known) => known === name);
}

function loraOf(rows: number, inner: number, cols: number, { ranks, dropout }: NonNullable<Product['adapters']>) {
  let end = 0;
  const place = (count: number) => {
    end += count;
    return end - count;
  };
  const colCount = cols / ranks.length;
  const columns = ranks.map((rank, i) => ({
    colStart: i * colCount,
    colCount,
    adapted:
      rank === 0
        ? undefined
        : { rank, aStart: place(rank * inner), bStart: place(rank * colCount), scaling: 2, stream: i, dropout },
  }));
  const table = buildSegments([{ rowStart: 0, rowCount: rows, columns }]);
  return {
    table,
    segments: words(table.segments * SEGMENT_WORDS),
    parameters: floats(end),
    u: floats(table.projectedElements),
  };
}
