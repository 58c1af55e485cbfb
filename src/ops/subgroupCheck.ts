// Whether subgroups are as the adapter says. Kernels count on two things that no compiler checks: that every lane below the
// smallest subgroup is there to be heard, and that a workgroup as large as all subgroups is one. Where a driver has it
// otherwise the numbers would be wrong and nothing would tell; so a small product and a norm are held against plain loops.
import { BoundPlan, Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { ShaderError } from '../gpu/errors.ts';
import { Plan } from '../gpu/plan.ts';
import { newTensor } from '../gpu/tensor.ts';
import type { KernelTraits } from '../gpu/traits.ts';
import { linearForward } from './linear.ts';
import { forcedTile, LANES_TILE } from './productTiles.ts';
import { rmsNormForward } from './rmsNorm.ts';

/** What to count on: the traits as they are, without subgroups of one known size, or without any. */
export const TRUSTS = ['all', 'lanes', 'none'] as const;
export type SubgroupTrust = (typeof TRUSTS)[number];

const ROWS = 20;
const INNER = 64;
const EPS = 1e-5;
/** Of the largest value. What subgroups spoil is off by as much as the values are. */
const TOLERANCE = 1e-3;

/** `traits` with what is trusted. */
export function trusting(traits: KernelTraits, trust: SubgroupTrust): KernelTraits {
  if (trust === 'all') return traits;
  return { ...traits, subgroupSize: undefined, lanes: trust === 'lanes' ? traits.lanes : undefined };
}

/** Runs both once on the device. Leaves nothing there. */
export async function checkSubgroups(gpu: Gpu): Promise<SubgroupTrust> {
  const { lanes, subgroupSize, subgroupWorkgroup } = gpu.traits;
  if (!lanes) return 'all';
  if (!(await agrees(gpu, 4 * subgroupWorkgroup + 8, 'product'))) return 'none';
  if (subgroupSize && !(await agrees(gpu, INNER, 'norm'))) return 'lanes';
  return 'all';
}

async function agrees(gpu: Gpu, cols: number, what: 'product' | 'norm'): Promise<boolean> {
  const x = waves(ROWS * INNER, 0.37);
  const weight = waves(what === 'product' ? cols * INNER : INNER, 0.83);
  const tensors = {
    x: newTensor('x', [ROWS, INNER]),
    weight: newTensor('weight', what === 'product' ? [cols, INNER] : [INNER]),
    y: newTensor('y', [ROWS, cols]),
    rstd: newTensor('rstd', [ROWS]),
  };
  const plan = new Plan('subgroup check', forcedTile(gpu.traits, LANES_TILE));
  if (what === 'norm') rmsNormForward(plan, tensors, EPS);
  else {
    const matrix = { rows: cols, cols: INNER, parts: [{ tensor: tensors.weight, rowStart: 0 }] };
    linearForward(plan, { x: tensors.x, weight: matrix, y: tensors.y });
  }
  const expected = what === 'norm' ? normed(x, weight) : product(x, weight, cols);
  const laidOut = await plan.layOut(gpu.shaders, gpu.limits);
  const workspace = new Workspace();
  workspace.reserve(laidOut.layout);
  try {
    for (const tensor of Object.values(tensors)) gpu.place(tensor.allocation);
    gpu.write(tensors.x, x);
    gpu.write(tensors.weight, weight);
    const bound = await BoundPlan.bind(gpu, laidOut, workspace);
    bound.submit(gpu);
    bound.free(gpu);
    return isNear(new Float32Array(await gpu.read(tensors.y)), expected);
  } catch (error) {
    // A browser may offer subgroups and not compile these kernels: it has others.
    if (error instanceof ShaderError) return false;
    throw error;
  } finally {
    for (const tensor of Object.values(tensors)) gpu.free(tensor.allocation);
    workspace.free(gpu);
  }
}

/** Values that repeat nowhere. */
function waves(count: number, step: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(1 + step * i));
}

function product(x: Float32Array, weight: Float32Array, cols: number): number[] {
  return Array.from({ length: ROWS * cols }, (_, at) => {
    const [row, col] = [Math.floor(at / cols), at % cols];
    let sum = 0;
    for (let k = 0; k < INNER; k++) sum += x[row * INNER + k]! * weight[col * INNER + k]!;
    return sum;
  });
}

function normed(x: Float32Array, weight: Float32Array): number[] {
  return Array.from({ length: ROWS }, (_, row) => {
    const values = [...x.subarray(row * INNER, (row + 1) * INNER)];
    const mean = values.reduce((sum, value) => sum + value * value, 0) / INNER;
    return values.map((value, k) => (value * weight[k]!) / Math.sqrt(mean + EPS));
  }).flat();
}

function isNear(actual: Float32Array, expected: readonly number[]): boolean {
  const largest = Math.max(...expected.map(Math.abs));
  // Not `>`: a result that is no number is not near.
  return expected.every((value, i) => Math.abs(actual[i]! - value) <= TOLERANCE * largest);
}
