// One transformer block, forward and backward, as dispatches: norm, fused q k v, rotary, attention, o; norm, MLP. Both
// residual additions happen inside the products that end the halves. Backward stops at the lowest adapted matrix.
import type { Tensor } from '../gpu/tensor.ts';
import { activationBackward } from '../ops/activation.ts';
import { attentionBackward, attentionForward, columnsOfQkv } from '../ops/attention.ts';
import { gatedBackward, gatedForward } from '../ops/gated.ts';
import { headNormBackward, headNormForward } from '../ops/headNorm.ts';
import type { LoraTensors } from '../ops/loraSegments.ts';
import { rotaryBackward, rotaryForward } from '../ops/rotary.ts';
import { gatherRowPairs } from '../ops/rows.ts';
import type { LinearName } from './linears.ts';
import {
  adaptedBackward,
  adaptedForward,
  type Context,
  type LinearOutput,
  type NormStatistics,
  normBackward,
  normForward,
  type RowTensors,
} from './network.ts';

/** What backward reads of a block's forward. The planner frees what no backward dispatch names. */
export interface BlockActivations {
  readonly x: Tensor;
  readonly statistics1: NormStatistics;
  readonly normed1: Tensor;
  /** q, k and v before the norm of heads, where there is one. */
  readonly raw: Tensor;
  readonly qkv: Tensor;
  readonly out: Tensor;
  /** `out`, or the rows of it that carry loss: what o read. */
  readonly outRows: Tensor;
  readonly lse: Tensor;
  readonly mid: Tensor;
  readonly statistics2: NormStatistics;
  readonly normed2: Tensor;
  readonly up: Tensor;
  readonly activated: Tensor;
  readonly lora: Readonly<Record<LinearName, LoraTensors | undefined>>;
}

export interface TrainingRows extends RowTensors {
  /** u32 [rows]: the last row that attends to each. */
  readonly queryEnd: Tensor;
  /** u32 [lossRows]: the flat rows that carry loss; one past the last row is padding. */
  readonly lossIndex: Tensor;
  /** u32 [rows]: which of the loss rows each is; past the last where it carries none. */
  readonly lossSlot: Tensor;
}

/** Where attention finds keys and values, and leaves the new ones. */
export type Attend = (context: Context, layer: number, qkv: Tensor, out: Tensor, lse: Tensor) => void;

/** Attention among the rows of the batch itself. */
export function attendWithin(rows: RowTensors): Attend {
  return ({ pass, model }, layer, qkv, out, lse) => {
    const { heads, kvHeads, headDim, attentionScale } = model.architecture;
    const { keyStart, keyEnd, length } = rows;
    const sizes = { heads, kvHeads, headDim, scale: attentionScale(layer), length };
    attentionForward(pass, { ...columnsOfQkv(qkv, sizes), keyStart, keyEnd, out, lse }, sizes);
  };
}

/** The first half of a block up to attention: the norm of x, its projection, and q, k and v as attention takes them. */
export function queryKeyValue(
  context: Context,
  layer: number,
  x: Tensor,
  rows: RowTensors,
): { first: ReturnType<typeof normForward>; projected: LinearOutput; qkv: Tensor } {
  const { pass, model, cosSin } = context;
  const a = model.architecture;
  const block = model.blocks[layer]!;
  const first = normForward(context, block.norm1, x);
  const projected = adaptedForward(context, layer, 'qkv', first.y);
  let qkv = projected.y;
  if (block.qNorm && block.kNorm) {
    qkv = pass.scratch('qkv normed', projected.y.shape);
    const t = { raw: projected.y, qWeight: block.qNorm.tensor, kWeight: block.kNorm.tensor, qkv };
    headNormForward(pass, t, a, a.norm.eps);
  }
  if (cosSin) rotaryForward(pass, { qkv, positions: rows.positions, cosSin }, a);
  return { first, projected, qkv };
}

export interface BlockOptions {
  /** Stop before the last product, when only the activations are wanted again (checkpointing). */
  readonly skipOutput?: boolean;
  /** u32: after attention, which mixes rows, go on with these rows only. */
  readonly onlyRows?: Tensor;
}

/** x → y, of all rows or of `onlyRows`. */
export function blockForward(
  context: Context,
  layer: number,
  x: Tensor,
  rows: RowTensors,
  attend: Attend,
  { skipOutput = false, onlyRows }: BlockOptions = {},
): { y: Tensor; activations: BlockActivations } {
  const { pass, model } = context;
  const a = model.architecture;
  const block = model.blocks[layer]!;
  const [count = 0] = x.shape;
  const { first, projected, qkv } = queryKeyValue(context, layer, x, rows);
  const out = pass.scratch('attention out', [count, a.heads * a.headDim]);
  const lse = pass.scratch('attention lse', [count, a.heads]);
  attend(context, layer, qkv, out, lse);
  const [outRows, xRows] = onlyRows ? pickRows(context, onlyRows, out, x) : [out, x];
  const mid = adaptedForward(context, layer, 'o', outRows, { residual: xRows });
  const second = normForward(context, block.norm2, mid.y);
  const activated = pass.scratch('activated', [mid.y.shape[0]!, a.mlpSize]);
  const isGated = a.mlp.kind === 'gated';
  const activate = isGated ? undefined : { y: activated, activation: a.mlp.activation };
  const up = adaptedForward(context, layer, 'up', second.y, { activate });
  if (isGated) gatedForward(pass, { gateUp: up.y, y: activated }, a.mlp.activation);
  const down = skipOutput ? undefined : adaptedForward(context, layer, 'down', activated, { residual: mid.y });
  const activations: BlockActivations = {
    x,
    statistics1: first.statistics,
    normed1: first.y,
    raw: projected.y,
    qkv,
    out,
    outRows,
    lse,
    mid: mid.y,
    statistics2: second.statistics,
    normed2: second.y,
    up: up.y,
    activated,
    lora: { qkv: projected.lora, o: mid.lora, up: up.lora, down: down?.lora },
  };
  return { y: down?.y ?? mid.y, activations };
}

function pickRows({ pass }: Context, index: Tensor, first: Tensor, second: Tensor): [Tensor, Tensor] {
  const picked = (x: Tensor) => ({ x, y: pass.scratch(`${x.label}, picked`, [index.shape[0]!, x.shape[1]!]) });
  const t = { index, first: picked(first), second: picked(second) };
  gatherRowPairs(pass, t);
  return [t.first.y, t.second.y];
}

/**
 * Turns `gradient`, of the block's output, into that of its input [rows, hidden], which it returns, and fills the
 * gradients of the block's adapters. `gradient` is overwritten. Where forward went on with the loss rows only, so was
 * `gradient` of those. With `isLowest` it stops below the lowest adapted matrix, and what it returns is unfinished.
 */
export function blockBackward(
  context: Context,
  layer: number,
  s: BlockActivations,
  gradient: Tensor,
  rows: TrainingRows,
  isLowest: boolean,
): Tensor {
  const { pass, model, cosSin, attachment } = context;
  const a = model.architecture;
  const block = model.blocks[layer]!;
  const [count = 0] = gradient.shape;
  const isAdapted = (name: LinearName) => attachment?.linears.has(`${layer}.${name}`) === true;
  const needsQkv = !isLowest || isAdapted('qkv');
  const needsO = needsQkv || isAdapted('o');
  const needsUp = needsO || isAdapted('up');

  // y = mid + down(activated)
  const dActivated = needsUp ? pass.scratch('d activated', [count, a.mlpSize]) : undefined;
  adaptedBackward(context, layer, 'down', { x: s.activated, lora: s.lora.down, dy: gradient, dx: dActivated });
  if (!dActivated) return gradient;

  // activated = gated(up) or act(up); up = W·norm2(mid)
  const dUp = pass.scratch('d up', s.up.shape);
  if (a.mlp.kind === 'gated') gatedBackward(pass, { gateUp: s.up, dy: dActivated, dGateUp: dUp }, a.mlp.activation);
  else activationBackward(pass, { x: s.up, dy: dActivated, dx: dUp }, a.mlp.activation);
  const dNormed2 = needsO ? pass.scratch('d normed', gradient.shape) : undefined;
  adaptedBackward(context, layer, 'up', { x: s.normed2, lora: s.lora.up, dy: dUp, dx: dNormed2 });
  if (!dNormed2) return gradient;
  normBackward(context, block.norm2, { x: s.mid, dy: dNormed2, dx: gradient, statistics: s.statistics2 });

  // mid = x + o(out)
  const dOutRows = needsQkv ? pass.scratch('d attention out', s.outRows.shape) : undefined;
  adaptedBackward(context, layer, 'o', { x: s.outRows, lora: s.lora.o, dy: gradient, dx: dOutRows });
  if (!dOutRows) return gradient;
  const isAllRows = s.outRows === s.out;
  const [dOut, dx] = isAllRows ? [dOutRows, gradient] : pickRows(context, rows.lossSlot, dOutRows, gradient);

  // out = attention(rotary(norm of heads(qkv)))
  const { heads, kvHeads, headDim } = a;
  const dqkv = pass.scratch('d qkv', s.qkv.shape);
  const delta = pass.scratch('attention delta', s.lse.shape);
  const { keyStart, keyEnd, queryEnd } = rows;
  const attention = { qkv: s.qkv, out: s.out, lse: s.lse, dout: dOut, keyStart, keyEnd, queryEnd, delta, dqkv };
  attentionBackward(pass, attention, {
    heads,
    kvHeads,
    headDim,
    scale: a.attentionScale(layer),
    length: rows.length,
  });
  if (cosSin) rotaryBackward(pass, { dqkv, positions: rows.positions, cosSin }, a);
  if (block.qNorm && block.kNorm) {
    headNormBackward(
      pass,
      { raw: s.raw, qWeight: block.qNorm.tensor, kWeight: block.kNorm.tensor, dqkv },
      a,
      a.norm.eps,
    );
  }

  // qkv = W·norm1(x)
  const dNormed1 = isLowest ? undefined : pass.scratch('d normed', dx.shape);
  adaptedBackward(context, layer, 'qkv', { x: s.normed1, lora: s.lora.qkv, dy: dqkv, dx: dNormed1 });
  if (dNormed1) normBackward(context, block.norm1, { x: s.x, dy: dNormed1, dx, statistics: s.statistics1 });
  return dx;
}
