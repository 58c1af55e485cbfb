// What a device lets kernels count on beyond WebGPU's core, and which variant of a kernel suits it. Plans are recorded
// against these traits, so that recording needs no device.

/** Lanes whose loads are shared by subgroup broadcast. */
export type Lanes = 4 | 8 | 16;

export interface KernelTraits {
  /** At most the size of the smallest subgroup; absent where there are no subgroups (or only tiny ones). */
  readonly lanes: Lanes | undefined;
  /** Where every subgroup has the same size: that size. A workgroup of so many invocations is one subgroup. */
  readonly subgroupSize: number | undefined;
  /** Invocations of a workgroup that is made of whole subgroups. */
  readonly subgroupWorkgroup: number;
  /** `shader-f16`. */
  readonly hasF16: boolean;
  /** The work runs on the processor: lanes are its vector registers, and every workgroup and barrier costs. */
  readonly isCpu: boolean;
  /** The variant to take by kind of work, as the measurement found it; where it says nothing, a rule decides. */
  readonly variants: ReadonlyMap<string, string>;
  /** Of a plan: the activation that some of its products end with, so that one kernel can serve them all. */
  readonly activation?: string | undefined;
}

/** WebGPU without any optional feature. */
export const CORE_TRAITS: KernelTraits = {
  lanes: undefined,
  subgroupSize: undefined,
  subgroupWorkgroup: 64,
  hasF16: false,
  isCpu: false,
  variants: new Map(),
};

/** `isCpu`: as in KernelTraits. (A GPU may have subgroups as small as a processor's.) Browsers leave fields of `info` out. */
export function traitsOf(
  features: ReadonlySet<string>,
  { subgroupMinSize = 0, subgroupMaxSize = 0 }: Partial<GPUAdapterInfo>,
  isCpu: boolean,
): KernelTraits {
  const hasSubgroups = features.has('subgroups') && subgroupMaxSize <= 128;
  const lanes = ([16, 8, 4] as const).find((count) => hasSubgroups && count <= subgroupMinSize);
  return {
    lanes,
    subgroupSize: lanes && subgroupMinSize === subgroupMaxSize ? subgroupMaxSize : undefined,
    subgroupWorkgroup: Math.max(16, subgroupMaxSize),
    hasF16: features.has('shader-f16'),
    isCpu,
    variants: new Map(),
  };
}

/**
 * Whether kernels take one element at a time, all but the frozen products. lavapipe (8 lanes, those of AVX) loads vectors
 * element by element, and its compiler, which takes seconds for a step's kernels, needs half the time for scalars; a step
 * takes 2 % longer. SwiftShader (4 lanes) compiles quickly either way.
 */
export function loadsSingly(traits: KernelTraits): boolean {
  return traits.isCpu && traits.lanes === 8;
}
