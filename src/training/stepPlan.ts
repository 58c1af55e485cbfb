// One micro-batch as a plan: forward, loss over the rows that carry it, backward down to the lowest adapted matrix, and
// the adapters' gradients. One plan per batch shape; all of them share one input buffer and one workspace.
import { Plan } from '../gpu/plan.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { KernelTraits } from '../gpu/traits.ts';
import { attendWithin, type BlockActivations, blockBackward, blockForward, type TrainingRows } from '../model/block.ts';
import { embedRows } from '../model/embed.ts';
import { type Context, normBackward, normForward } from '../model/network.ts';
import type { CrossEntropyOptions } from '../ops/crossEntropy.ts';
import { crossEntropyForward, crossEntropyWithGradient } from '../ops/crossEntropy.ts';
import { fill, gatherRows, scatterRows } from '../ops/rows.ts';

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
  /** u32 [lossRows]: flat rows that carry loss; one past the last is padding. */
  readonly lossIndex: Tensor;
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

/** Bytes of logits that may exist at one time. */
const LOGITS_BYTES = 8 << 20;

function crossEntropyOptions(lossRows: number, adapters: number): CrossEntropyOptions {
  return { adapters, chunkRows: Math.max(1024, Math.floor(LOGITS_BYTES / 4 / lossRows)) };
}

/** Forward, loss and backward of one micro-batch. */
export function recordTraining(base: PlanBase, shape: BatchShape, batch: BatchTensors, options: StepOptions): Plan {
  const plan = new Plan(`training step ${shape.rows}×${shape.length}`, base.traits);
  const context: Context = { ...base, pass: plan };
  const { model } = context;
  const kept: (BlockActivations | Tensor)[] = [];
  const attend = attendWithin(batch);
  let x = embedRows(context, batch);
  for (let layer = 0; layer < model.architecture.layers; layer++) {
    const { y, activations } = blockForward(context, layer, x, batch, attend);
    kept.push(options.checkpointing ? x : activations);
    x = y;
  }
  const gradient = recordLoss(context, shape, batch, x, options.adapters);
  for (let layer = model.architecture.layers - 1; layer >= options.lowestLayer; layer--) {
    const saved = kept[layer]!;
    const isInput = 'allocation' in saved;
    const activations = isInput ? again(context, layer, saved, batch) : saved;
    blockBackward(context, layer, activations, gradient, batch, layer === options.lowestLayer);
  }
  return plan;
}

/** A block's activations computed once more from its input, up to (and with) the U of its last product. */
function again(context: Context, layer: number, x: Tensor, batch: BatchTensors): BlockActivations {
  const isDownAdapted = context.attachment?.linears.has(`${layer}.down`) === true;
  return blockForward(context, layer, x, batch, attendWithin(batch), !isDownAdapted).activations;
}

/** Forward and loss only, for evaluation. */
export function recordEvaluation(base: PlanBase, shape: BatchShape, batch: BatchTensors, adapters: number): Plan {
  const plan = new Plan(`evaluation ${shape.rows}×${shape.length}`, base.traits);
  const context: Context = { ...base, pass: plan };
  let x = embedRows(context, batch);
  for (let layer = 0; layer < context.model.architecture.layers; layer++) {
    x = blockForward(context, layer, x, batch, attendWithin(batch)).y;
  }
  const hidden = plan.scratch('loss rows', [shape.lossRows, context.model.architecture.hiddenSize]);
  gatherRows(plan, { x, index: batch.lossIndex, y: hidden });
  const { y } = normForward(context, context.model.finalNorm, hidden);
  const { lossTargets: targets, step, results } = batch;
  const head = context.model.head.matrix;
  crossEntropyForward(plan, { hidden: y, head, targets, step, results }, crossEntropyOptions(shape.lossRows, adapters));
  return plan;
}

/** The loss, and its gradient with respect to the last block's output. */
function recordLoss(context: Context, shape: BatchShape, batch: BatchTensors, x: Tensor, adapters: number): Tensor {
  const { pass, model } = context;
  const size = [shape.lossRows, model.architecture.hiddenSize];
  const hidden = pass.scratch('loss rows', size);
  gatherRows(pass, { x, index: batch.lossIndex, y: hidden });
  const { y, statistics } = normForward(context, model.finalNorm, hidden);
  const dNormed = pass.scratch('d normed loss rows', size);
  const { lossTargets: targets, step, results } = batch;
  const t = { hidden: y, head: model.head.matrix, targets, step, results, dHidden: dNormed };
  crossEntropyWithGradient(pass, t, crossEntropyOptions(shape.lossRows, adapters));
  const dHidden = pass.scratch('d loss rows', size);
  fill(pass, dHidden, 0);
  normBackward(context, model.finalNorm, { x: hidden, dy: dNormed, dx: dHidden, statistics });
  const gradient = pass.scratch('d residual', x.shape);
  scatterRows(pass, { dy: dHidden, index: batch.lossIndex, dx: gradient });
  return gradient;
}
