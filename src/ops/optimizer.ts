// Clipping and the optimizers, over flat buffers that hold every adapter's parameters one block after another. Each
// adapter has its own norm, clip, learning rate and moments; one whose norm is not finite is left as it was.

import { GpuUsageError } from '../gpu/errors.ts';
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, MAX_WORKGROUPS_PER_DIMENSION, shareByInvocation, shareByReduction } from './workgroups.ts';

export interface OptimizerTensors {
  /** Flat f32 [elements], a multiple of 4. */
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  /** u32 [adapters, 2]: start (a multiple of 4) and count of each adapter's block. */
  readonly blocks: Tensor;
  readonly step: Tensor;
  /** [adapters, 8] */
  readonly results: Tensor;
}

/** Elements that a workgroup sums up for the norm; more where there would be too many workgroups. */
const CHUNK = 4096;

/** Overwrites gradientNorm, clipScale and isFinite of every result. `largest`: elements of the largest block. */
export function clipGradients(pass: Pass, t: OptimizerTensors, largest: number): void {
  const [adapters = 0] = t.blocks.shape;
  expectShape('clipGradients', 'results', t.results, [adapters, 8]);
  expectVectors('clipGradients', t.gradients);
  const chunk = CHUNK * Math.ceil(largest / CHUNK / MAX_WORKGROUPS_PER_DIMENSION);
  const chunks = Math.ceil(largest / chunk);
  const elements = elementsOf(pass.traits, chunk);
  const { conditions, constants } = shareByReduction(pass.traits, chunks);
  const partials = pass.scratch('norm partials', [adapters, chunks]);
  pass.run(
    { path: 'optimizer/partialNorm', conditions: { ...elements.conditions, ...conditions }, constants },
    {
      params: { chunks, share: chunk / elements.width },
      buffers: [t.gradients, t.blocks, partials],
      workgroups: [chunks, adapters],
    },
  );
  pass.run(
    { path: 'optimizer/clip', conditions, constants },
    { params: { chunks }, buffers: [partials, t.step, t.results], workgroups: [adapters] },
  );
}

/** Updates parameters and both moments in place. */
export function adamwStep(
  pass: Pass,
  t: OptimizerTensors & { first: Tensor; second: Tensor },
  options: { beta1: number; beta2: number; eps: number },
  largest: number,
): void {
  expectSameLength('adamwStep', t.parameters, { gradients: t.gradients, first: t.first, second: t.second });
  const { beta1, beta2, eps } = options;
  const { conditions, constants, share, workgroups } = shareOfBlocks(pass, t.blocks, largest);
  pass.run(
    { path: 'optimizer/adamw', conditions, constants },
    {
      params: { beta2, oneMinusBeta1: 1 - beta1, oneMinusBeta2: 1 - beta2, eps, share },
      buffers: [t.gradients, t.blocks, t.step, t.results, t.parameters, t.first, t.second],
      workgroups,
    },
  );
}

/** Updates parameters and velocity in place. */
export function sgdStep(
  pass: Pass,
  t: OptimizerTensors & { velocity: Tensor },
  options: { momentum: number },
  largest: number,
): void {
  expectSameLength('sgdStep', t.parameters, { gradients: t.gradients, velocity: t.velocity });
  const { conditions, constants, share, workgroups } = shareOfBlocks(pass, t.blocks, largest);
  pass.run(
    { path: 'optimizer/sgd', conditions, constants },
    {
      params: { ...options, share },
      buffers: [t.gradients, t.blocks, t.step, t.results, t.parameters, t.velocity],
      workgroups,
    },
  );
}

function expectSameLength(op: string, parameters: Tensor, others: Record<string, Tensor>): void {
  expectVectors(op, parameters);
  for (const [name, tensor] of Object.entries(others)) expectShape(op, name, tensor, parameters.shape);
}

function shareOfBlocks(pass: Pass, blocks: Tensor, largest: number) {
  const { conditions, width } = elementsOf(pass.traits);
  const { constants, share, workgroups } = shareByInvocation(pass.traits, Math.ceil(largest / width));
  const [x, z] = workgroups;
  return { conditions, constants, share, workgroups: [x, blocks.shape[0] ?? 0, z] };
}

function expectVectors(op: string, flat: Tensor): void {
  const [elements = 0] = flat.shape;
  if (elements % 4 !== 0) throw new GpuUsageError(`${op}: expected a multiple of 4 elements, got ${elements}`);
}
