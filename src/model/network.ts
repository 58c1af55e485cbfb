// What every pass over the network shares: the tensors of a batch, how adapters attach, and a linear with its adapters.
import type { Pass } from '../gpu/plan.ts';
import { BINDING_ALIGNMENT_BYTES, newTensor, type Tensor, viewOf } from '../gpu/tensor.ts';
import type { KernelTraits } from '../gpu/traits.ts';
import type { Activation } from '../ops/activation.ts';
import { layerNormBackward, layerNormForward } from '../ops/layerNorm.ts';
import { type IntoDx, linearBackward, linearForward } from '../ops/linear.ts';
import { loraGradients, loraProject, loraProjectBackward } from '../ops/lora.ts';
import {
  buildSegments,
  type LoraTensors,
  type RowGroup,
  SEGMENT_WORDS,
  type SegmentTable,
} from '../ops/loraSegments.ts';
import { rmsNormBackward, rmsNormForward } from '../ops/rmsNorm.ts';
import type { Architecture } from './architecture.ts';
import type { FrozenModel, FrozenNorm } from './frozenModel.ts';
import { LINEARS, type LinearName } from './linears.ts';

/** A linear's group table and its words on the GPU. */
export interface AttachedLinear {
  readonly table: SegmentTable;
  readonly segments: Tensor;
}

/** Adapters attached to the network for one number of rows: which linears of which layers they touch. */
export interface Attachment {
  /** Flat A and B of every adapter. */
  readonly parameters: Tensor;
  /** Laid out as the parameters; absent where nothing trains. */
  readonly gradients: Tensor | undefined;
  readonly step: Tensor;
  readonly linears: ReadonlyMap<string, AttachedLinear>;
  /** All group tables one after another, and the words to write there once it is placed. */
  readonly tables: Tensor;
  readonly tableWords: Uint32Array<ArrayBuffer>;
}

function linearKey(layer: number, linear: LinearName): string {
  return `${layer}.${linear}`;
}

/** Lays out the group tables of every adapted linear. `tableWords` must be written once `tables` is placed. */
export function attach(
  model: FrozenModel,
  tensors: Pick<Attachment, 'parameters' | 'gradients' | 'step'>,
  groupsOf: (layer: number, linear: LinearName) => RowGroup[] | undefined,
): Attachment {
  const found: { key: string; table: SegmentTable; start: number }[] = [];
  let words = 0;
  for (let layer = 0; layer < model.architecture.layers; layer++) {
    for (const linear of LINEARS) {
      const groups = groupsOf(layer, linear);
      if (!groups) continue;
      const table = buildSegments(groups);
      found.push({ key: linearKey(layer, linear), table, start: words });
      words += Math.ceil(table.words.length / TABLE_ALIGNMENT_WORDS) * TABLE_ALIGNMENT_WORDS;
    }
  }
  const tables = newTensor('group tables', [Math.max(words, TABLE_ALIGNMENT_WORDS)], { type: 'u32' });
  const tableWords = new Uint32Array(words);
  const linears = new Map<string, AttachedLinear>();
  for (const { key, table, start } of found) {
    tableWords.set(table.words, start);
    const segments = viewOf(tables, `segments ${key}`, [table.segments, SEGMENT_WORDS], start * 4);
    linears.set(key, { table, segments });
  }
  return { ...tensors, linears, tables, tableWords };
}

const TABLE_ALIGNMENT_WORDS = BINDING_ALIGNMENT_BYTES / 4;

/** Rows of a batch, flat, and what attention may see. All u32 [rows]. */
export interface RowTensors {
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly keyStart: Tensor;
  readonly keyEnd: Tensor;
  /** Tokens of one row of the batch, where rows of tokens lie one after another. */
  readonly length?: number;
}

export interface Context {
  readonly pass: Pass;
  readonly model: FrozenModel;
  readonly attachment: Attachment | undefined;
  /** cos | sin per position, [positions, headDim]; absent where positions are learned. */
  readonly cosSin: Tensor | undefined;
}

export interface NormStatistics {
  readonly rstd: Tensor;
  readonly mean: Tensor | undefined;
}

/** y = norm(x), and what its backward needs. */
export function normForward(
  { pass, model }: Context,
  norm: FrozenNorm,
  x: Tensor,
): { y: Tensor; statistics: NormStatistics } {
  const [rows = 0] = x.shape;
  const { kind, eps } = model.architecture.norm;
  const y = pass.scratch('normed', x.shape);
  const rstd = pass.scratch('rstd', [rows]);
  const weight = norm.weight.tensor;
  if (kind === 'rms' || !norm.bias) {
    rmsNormForward(pass, { x, weight, y, rstd }, eps);
    return { y, statistics: { rstd, mean: undefined } };
  }
  const mean = pass.scratch('mean', [rows]);
  layerNormForward(pass, { x, weight, bias: norm.bias.tensor, y, mean, rstd }, eps);
  return { y, statistics: { rstd, mean } };
}

/** dx [+]= the gradient of y = norm(x). */
export function normBackward(
  { pass }: Context,
  norm: FrozenNorm,
  t: { x: Tensor; dy: Tensor; dx: Tensor; statistics: NormStatistics },
  into: 'add' | 'overwrite' = 'add',
): void {
  const { x, dy, dx } = t;
  const { rstd, mean } = t.statistics;
  const weight = norm.weight.tensor;
  if (mean) layerNormBackward(pass, { x, weight, mean, rstd, dy, dx }, into);
  else rmsNormBackward(pass, { x, weight, rstd, dy, dx }, into);
}

/** A linear's output, and its U where it is adapted. */
export interface LinearOutput {
  readonly y: Tensor;
  readonly lora: LoraTensors | undefined;
}

export interface LinearExtras {
  readonly residual?: Tensor | undefined;
  /** Its activation as well, of the same shape. */
  readonly activate?: { readonly y: Tensor; readonly activation: Activation } | undefined;
}

/** y = x·W0ᵀ + bias + the adapters' updates [+ residual]. */
export function adaptedForward(
  context: Context,
  layer: number,
  name: LinearName,
  x: Tensor,
  { residual, activate }: LinearExtras = {},
): LinearOutput {
  const { pass, attachment, model } = context;
  const { weight, bias } = model.blocks[layer]!.linears[name];
  const attached = attachment?.linears.get(linearKey(layer, name));
  const [rows = 0] = x.shape;
  const y = pass.scratch(name, [rows, weight.matrix.rows]);
  let lora: LoraTensors | undefined;
  if (attachment && attached) {
    const u = pass.scratch(`${name} U`, [attached.table.projectedElements]);
    lora = { ...attached, parameters: attachment.parameters, u };
    loraProject(pass, lora, { x, step: attachment.step });
  }
  linearForward(pass, { x, weight: weight.matrix, bias: bias?.tensor, residual, lora, y, activate });
  return { y, lora };
}

/**
 * The gradients of this linear's adapters, and dx where `dx` is given. `x` is what forward read; it may be absent where
 * the linear is not adapted.
 */
export function adaptedBackward(
  context: Context,
  layer: number,
  name: LinearName,
  t: { x: Tensor | undefined; lora: LoraTensors | undefined; dy: Tensor; dx: Tensor | undefined },
  into?: IntoDx,
): void {
  const { pass, attachment, model } = context;
  const { matrix } = model.blocks[layer]!.linears[name].weight;
  let withV: (LoraTensors & { v: Tensor; step: Tensor }) | undefined;
  if (t.lora && t.x && attachment?.gradients) {
    const v = pass.scratch(`${name} V`, [t.lora.table.projectedElements]);
    const { step, gradients } = attachment;
    loraProjectBackward(pass, t.lora, { dy: t.dy, v });
    loraGradients(pass, t.lora, { x: t.x, dy: t.dy, v, step, gradients });
    withV = { ...t.lora, v, step };
  }
  if (t.dx) linearBackward(pass, { dy: t.dy, weight: matrix, lora: withV, dx: t.dx }, into);
}

/** For plans over this network. */
export function traitsFor(traits: KernelTraits, { mlp }: Architecture): KernelTraits {
  return mlp.kind === 'plain' ? { ...traits, activation: mlp.activation } : traits;
}

/** Elements of q, k and v side by side. */
export function qkvSizes(a: Architecture): {
  heads: number;
  kvHeads: number;
  headDim: number;
  kOffset: number;
  kvCols: number;
} {
  const { heads, kvHeads, headDim } = a;
  return { heads, kvHeads, headDim, kOffset: heads * headDim, kvCols: kvHeads * headDim };
}
