// For tests: one device per test file, ops run for real, outputs poisoned first so that an element nobody wrote shows.
import { afterAll } from 'vitest';
import { openNodeAdapter } from '../cli/nodeGpu.ts';
import { readShaderFiles } from '../cli/shaderFiles.ts';
import { BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import { Gpu } from '../gpu/device.ts';
import { type Pass, Plan } from '../gpu/plan.ts';
import { type ElementType, newTensor, type Tensor } from '../gpu/tensor.ts';
import { CORE_TRAITS, type KernelTraits } from '../gpu/traits.ts';
import { forcedTile } from './productTiles.ts';

/**
 * Largest |a−b| over the largest |b| that an op may differ from its reference by: f32 rounding (6e-8) times the growth
 * of sums a few hundred terms long, with room for the faster exp and sqrt that WGSL permits.
 */
export const OP_TOLERANCE = 1e-5;

let opened: Promise<Gpu> | undefined;
let adapterHandle: Awaited<ReturnType<typeof openNodeAdapter>> | undefined;

/** The software (or real) adapter that RANKWISE_ADAPTER names; no adapter is a failure. */
export function testGpu(): Promise<Gpu> {
  opened ??= (async () => {
    adapterHandle = await openNodeAdapter();
    return Gpu.open(adapterHandle.adapter, readShaderFiles());
  })();
  return opened;
}

afterAll(async () => {
  if (opened) (await opened).destroy();
  opened = undefined;
  adapterHandle = undefined;
});

const POISON = 1e30;

/** A placed tensor holding `values`. */
export async function input(
  values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  shape: readonly number[],
  type?: ElementType,
): Promise<Tensor> {
  const gpu = await testGpu();
  const tensor = newTensor('input', shape, { type: type ?? (values instanceof Uint32Array ? 'u32' : 'f32') });
  gpu.place(tensor.allocation);
  gpu.write(tensor, values);
  return tensor;
}

/** A placed f32 tensor filled with a poison that no result contains. */
export async function output(shape: readonly number[]): Promise<Tensor> {
  const count = shape.reduce((product, size) => product * size, 1);
  return input(new Float32Array(count).fill(POISON), shape);
}

/** Records with `record`, runs once, and returns the contents of `tensors` as f32. */
export function runOp(record: (pass: Pass) => void, ...tensors: Tensor[]): Promise<Float32Array<ArrayBuffer>[]> {
  return runOpFor('this device', record, ...tensors);
}

/** Of the tiles for WebGPU's core the one that compiles soonest; the others have tests of their own. */
const CORE = forcedTile(CORE_TRAITS, 'registers 4×4');

/** What a plan may count on: all that this device offers, or nothing but WebGPU's core. */
export const TARGETS = ['this device', 'WebGPU core'] as const;

/** As `runOp`, with the kernels that suit the target, or that these traits name. */
export async function runOpFor(
  target: (typeof TARGETS)[number] | KernelTraits,
  record: (pass: Pass) => void,
  ...tensors: Tensor[]
): Promise<Float32Array<ArrayBuffer>[]> {
  const gpu = await testGpu();
  const traits = target === 'this device' ? gpu.traits : target === 'WebGPU core' ? CORE : target;
  const plan = new Plan('test', traits);
  record(plan);
  const laidOut = await plan.layOut(gpu.shaders, gpu.limits);
  const workspace = new Workspace();
  workspace.reserve(laidOut.layout);
  const bound = await BoundPlan.bind(gpu, laidOut, workspace);
  gpu.device.pushErrorScope('validation');
  bound.submit(gpu);
  const error = await gpu.device.popErrorScope();
  if (error) throw new Error(error.message);
  const results: Float32Array<ArrayBuffer>[] = [];
  for (const tensor of tensors) {
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    results.push(new Float32Array(await gpu.read(tensor, count * 4)));
  }
  bound.free(gpu);
  workspace.free(gpu);
  return results;
}

/** Seeded values in [-1, 1), the same on every machine (mulberry32). */
export function random(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1;
  });
}

/** max|a−b| / max|b|; infinite when lengths differ or anything is not finite. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isFinite(actual[i]!)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return difference / Math.max(scale, 1e-30);
}
