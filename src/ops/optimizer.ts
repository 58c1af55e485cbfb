// Clipping and the optimizers, over flat buffers that hold every adapter's parameters one block after another. Each
// adapter has its own norm, clip, learning rate and moments; one whose norm is not finite is left as it was.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';

export interface OptimizerTensors {
  /** Flat f32 [elements]. */
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  /** u32 [adapters, 2]: start and count of each adapter's block. */
  readonly blocks: Tensor;
  readonly step: Tensor;
  /** [adapters, 8] */
  readonly results: Tensor;
}

const CHUNK = 4096;
const WORKGROUP = 256;
const MAX_WORKGROUPS = 65_535;

/** Overwrites gradientNorm, clipScale and isFinite of every result. `largest`: elements of the largest block. */
export function clipGradients(pass: Pass, t: OptimizerTensors, largest: number): void {
  const [adapters = 0] = t.blocks.shape;
  expectShape('clipGradients', 'results', t.results, [adapters, 8]);
  const chunks = Math.ceil(largest / CHUNK);
  const partials = pass.scratch('norm partials', [adapters, chunks]);
  pass.run(
    { path: 'optimizer/partialNorm', constants: { CHUNK } },
    { params: { chunks }, buffers: [t.gradients, t.blocks, partials], workgroups: [chunks, adapters] },
  );
  pass.run(
    { path: 'optimizer/clip' },
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
  pass.run(
    { path: 'optimizer/adamw' },
    {
      params: { beta2, oneMinusBeta1: 1 - beta1, oneMinusBeta2: 1 - beta2, eps },
      buffers: [t.gradients, t.blocks, t.step, t.results, t.parameters, t.first, t.second],
      workgroups: elementWorkgroups(largest, t.blocks),
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
  pass.run(
    { path: 'optimizer/sgd' },
    {
      params: options,
      buffers: [t.gradients, t.blocks, t.step, t.results, t.parameters, t.velocity],
      workgroups: elementWorkgroups(largest, t.blocks),
    },
  );
}

function expectSameLength(op: string, parameters: Tensor, others: Record<string, Tensor>): void {
  for (const [name, tensor] of Object.entries(others)) expectShape(op, name, tensor, parameters.shape);
}

function elementWorkgroups(largest: number, blocks: Tensor): number[] {
  const count = Math.ceil(largest / WORKGROUP);
  const z = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / z), blocks.shape[0] ?? 0, z];
}
