// One micro-batch as a plan: forward, loss over the rows that carry it, backward down to the lowest adapted matrix, and
// the adapters' gradients. One plan per batch shape; all of them share one input buffer and one workspace.
import { Plan } from '../gpu/plan.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { KernelTraits } from '../gpu/traits.ts';
import { attendWithin, type BlockActivations, blockBackward, blockForward, type TrainingRows } from '../model/block.ts';
import { embedRows } from '../model/embed.ts';
import { type Context, normBackward, normForward, traitsFor } from '../model/network.ts';
import type { CrossEntropyOptions } from '../ops/crossEntropy.ts';
import { crossEntropyForward, crossEntropyWithGradient } from '../ops/crossEntropy.ts';
import { gatherRows } from '../ops/rows.ts';

/** What a batch shape is: equal shapes share a plan. */
export interface BatchShape {
  /** Rows of tokens of all adapters together. */
  readonly rows: number;
  /** Tokens per row. */
  readonly length: number;
  /** Room for rows that carry loss, of all adapters together. */
  readonly lossRows: number;
}

export interface BatchTensors extends TrainingRows {
  /** u32 [lossRows] */
  readonly lossTargets: Tensor;
  readonly step: Tensor;
  readonly results: Tensor;
}

export interface PlanBase extends Omit<Context, 'pass'> {
  readonly traits: KernelTraits;
}

export interface StepOptions {
  readonly adapters: number;
  /** Backward goes down to this layer. */
  readonly lowestLayer: number;
  readonly checkpointing: boolean;
}

/** Bytes of logits of one adapter that may exist at one time. */
const LOGITS_BYTES = 8 << 20;

/** By the rows of one adapter, so that it meets the vocabulary in the same chunks alone and in a race. */
function crossEntropyOptions(lossRows: number, adapters: number): CrossEntropyOptions {
  return { adapters, chunkRows: Math.max(1024, Math.floor(LOGITS_BYTES / 4 / (lossRows / adapters))) };
}

/**
 * Whether the last block goes on, after its attention, with the rows that carry loss alone: nothing reads the others.
 * Its linears but qkv then have `lossRows` rows.
 */
export function endsWithLossRows({ rows, length, lossRows }: BatchShape): boolean {
  return lossRows < rows * length;
}

/** Forward, loss and backward of one micro-batch. */
export function recordTraining(base: PlanBase, shape: BatchShape, batch: BatchTensors, options: StepOptions): Plan {
  const plan = new Plan(`training step ${shape.rows}×${shape.length}`, traitsFor(base.traits, base.model.architecture));
  const context: Context = { ...base, pass: plan };
  const last = context.model.architecture.layers - 1;
  const kept: (BlockActivations | Tensor)[] = [];
  const attend = attendWithin(batch);
  const onlyRows = endsWithLossRows(shape) ? batch.lossIndex : undefined;
  let x = embedRows(context, batch);
  for (let layer = 0; layer <= last; layer++) {
    const isLast = layer === last;
    const { y, activations } = blockForward(context, layer, x, batch, attend, isLast && onlyRows ? { onlyRows } : {});
    // The last block's backward follows at once: there is nothing to gain from computing it again.
    kept.push(options.checkpointing && !isLast ? x : activations);
    x = y;
  }
  let gradient = recordLoss(context, shape, batch, x, options.adapters);
  for (let layer = last; layer >= options.lowestLayer; layer--) {
    const saved = kept[layer]!;
    const isInput = 'allocation' in saved;
    const activations = isInput ? again(context, layer, saved, batch) : saved;
    gradient = blockBackward(context, layer, activations, gradient, batch, layer === options.lowestLayer);
  }
  return plan;
}

/** A block's activations computed once more from its input, up to (and with) the U of its last product. */
function again(context: Context, layer: number, x: Tensor, batch: BatchTensors): BlockActivations {
  const isDownAdapted = context.attachment?.linears.has(`${layer}.down`) === true;
  return blockForward(context, layer, x, batch, attendWithin(batch), { skipOutput: !isDownAdapted }).activations;
}

/** Forward and loss only, for evaluation. `state`: [lossRows, 4], where each row's loss is wanted; see crossEntropy. */
export function recordEvaluation(
  base: PlanBase,
  shape: BatchShape,
  batch: BatchTensors,
  adapters: number,
  state?: Tensor,
): Plan {
  const plan = new Plan(`evaluation ${shape.rows}×${shape.length}`, traitsFor(base.traits, base.model.architecture));
  const context: Context = { ...base, pass: plan };
  const last = context.model.architecture.layers - 1;
  const onlyRows = endsWithLossRows(shape) ? batch.lossIndex : undefined;
  let x = embedRows(context, batch);
  for (let layer = 0; layer <= last; layer++) {
    const options = layer === last && onlyRows ? { onlyRows } : {};
    x = blockForward(context, layer, x, batch, attendWithin(batch), options).y;
  }
  const { y } = normForward(context, context.model.finalNorm, lossRowsOf(context, shape, batch, x));
  const { lossTargets: targets, step, results } = batch;
  const head = context.model.head.matrix;
  const tensors = { hidden: y, head, targets, step, results, state };
  crossEntropyForward(plan, tensors, crossEntropyOptions(shape.lossRows, adapters));
  return plan;
}

/** The last block's output where loss is: all of it, or picked from it. */
function lossRowsOf({ pass }: Context, shape: BatchShape, batch: BatchTensors, x: Tensor): Tensor {
  if (endsWithLossRows(shape)) return x;
  const y = pass.scratch('loss rows', [shape.lossRows, x.shape[1]!]);
  gatherRows(pass, { x, index: batch.lossIndex, y });
  return y;
}

/** The loss, and its gradient with respect to the last block's output. */
function recordLoss(context: Context, shape: BatchShape, batch: BatchTensors, x: Tensor, adapters: number): Tensor {
  const { pass, model } = context;
  const size = [shape.lossRows, model.architecture.hiddenSize];
  const hidden = lossRowsOf(context, shape, batch, x);
  const { y, statistics } = normForward(context, model.finalNorm, hidden);
  const dNormed = pass.scratch('d normed loss rows', size);
  const { lossTargets: targets, step, results } = batch;
  const t = { hidden: y, head: model.head.matrix, targets, step, results, dHidden: dNormed };
  crossEntropyWithGradient(pass, t, crossEntropyOptions(shape.lossRows, adapters));
  const dHidden = pass.scratch('d loss rows', size);
  normBackward(context, model.finalNorm, { x: hidden, dy: dNormed, dx: dHidden, statistics }, 'overwrite');
  if (endsWithLossRows(shape)) return dHidden;
  const gradient = pass.scratch('d residual', x.shape);
  gatherRows(pass, { x: dHidden, index: batch.lossSlot, y: gradient });
  return gradient;
}
