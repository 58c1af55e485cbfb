// How kernels that compute little per element are cut into workgroups. A GPU wants many workgroups of many invocations
// that each do little; an adapter that runs on the CPU pays for every workgroup and invocation, so there few invocations
// do much each. How much is a parameter, not a constant: loops to a known count are unrolled by some drivers.
import { type KernelTraits, loadsSingly } from '../gpu/traits.ts';

export const MAX_WORKGROUPS_PER_DIMENSION = 65_535;

/** `count` workgroups as x × y, since no dimension may pass 65,535; the shader takes y·X + x and drops the excess. */
export function spreadWorkgroups(count: number): [number, number] {
  const y = Math.ceil(count / MAX_WORKGROUPS_PER_DIMENSION);
  return [Math.ceil(count / y), y];
}

/** What shaders over `Elements` (shaders/shared/elements.wgsl) need to know of their sizes. */
export interface Elements {
  readonly conditions: Readonly<Record<string, boolean>>;
  /** Scalars that one `Elements` holds. */
  readonly width: 1 | 4;
}

/** Four where every size is a multiple of 4. `sizes`: row lengths and offsets, in scalars. */
export function widestElements(...sizes: number[]): Elements {
  const aligned = sizes.every((size) => size % 4 === 0);
  return { conditions: { aligned }, width: aligned ? 4 : 1 };
}

/** As `widestElements`, unless the device is better off with one. */
export function elementsOf(traits: KernelTraits, ...sizes: number[]): Elements {
  return loadsSingly(traits) ? { conditions: { aligned: false }, width: 1 } : widestElements(...sizes);
}

/** How many items a workgroup takes, and how many workgroups that makes. */
export interface Share {
  readonly constants: Readonly<Record<string, number>>;
  /** Items of one workgroup: the workgroup y·X + x takes `share` of them from (y·X + x)·share. */
  readonly share: number;
  readonly workgroups: [number, number];
}

/** Workgroups that should be there before one takes more than it must. */
const WORKGROUPS = { gpu: 1024, cpu: 32 };

/** For kernels whose invocations each take one item after another, WORKGROUP_SIZE apart. */
export function shareByInvocation(traits: KernelTraits, count: number): Share {
  const isCpu = traits.isCpu;
  const WORKGROUP_SIZE = isCpu ? 16 : 256;
  const share = WORKGROUP_SIZE * each(traits, count / WORKGROUP_SIZE, isCpu ? 64 : 4);
  return { constants: { WORKGROUP_SIZE }, share, workgroups: spreadWorkgroups(Math.ceil(count / share)) };
}

/** For kernels whose invocations each take one of `count` items, and `parts` parts of it one after another. */
export function shareByPart(
  traits: KernelTraits,
  count: number,
  parts = 1,
): Omit<Share, 'workgroups'> & { readonly workgroups: [number, number, number] } {
  const WORKGROUP_SIZE = traits.isCpu ? 16 : 64;
  const needed = Math.ceil(count / WORKGROUP_SIZE);
  const share = each(traits, needed * parts, parts);
  const workgroups: [number, number, number] = [...spreadWorkgroups(needed), Math.ceil(parts / share)];
  return { constants: { WORKGROUP_SIZE }, share, workgroups };
}

/** For kernels that give all invocations of a workgroup to one row after another. */
export function shareByRow(traits: KernelTraits, rows: number): Share {
  const WORKGROUP_SIZE = traits.isCpu ? 8 : 64;
  const share = each(traits, rows, 16);
  return { constants: { WORKGROUP_SIZE }, share, workgroups: spreadWorkgroups(Math.ceil(rows / share)) };
}

/**
 * As `shareByRow`, for kernels that reduce by shaders/shared/reduce.wgsl: a workgroup is one subgroup where all
 * subgroups have one size, so that no barrier is needed.
 */
export function shareByReduction(
  traits: KernelTraits,
  rows: number,
): Share & { readonly conditions: Readonly<Record<string, boolean>> } {
  const { share, workgroups } = shareByRow(traits, rows);
  const { subgroupSize } = traits;
  const conditions = { subgroups: subgroupSize !== undefined };
  return { conditions, constants: { WORKGROUP_SIZE: subgroupSize ?? 64 }, share, workgroups };
}

function each(traits: KernelTraits, count: number, most: number): number {
  const wanted = WORKGROUPS[traits.isCpu ? 'cpu' : 'gpu'];
  return Math.max(1, Math.min(most, Math.ceil(count / wanted)));
}
