// A plan is the flat list of dispatches of one step, recorded once and replayed every step. Recording touches no GPU:
// ops append dispatches over tensors, then `layOut` links the shaders and places every scratch tensor by its lifetime.
import { GpuLimitError, GpuUsageError } from './errors.ts';
import { type Layout, placeScratch } from './placement.ts';
import type { Kernel, KernelSource, ShaderLibrary } from './shaders.ts';
import { packParams } from './shaders.ts';
import { type ElementType, elementCount, newTensor, storedBytes, type Tensor } from './tensor.ts';
import { CORE_TRAITS, type KernelTraits } from './traits.ts';

/** What an op asks for: parameters by name, tensors in binding order, workgroups in x, y, z. */
export interface Call {
  readonly params?: Readonly<Record<string, number>>;
  readonly buffers: readonly Tensor[];
  readonly workgroups: readonly number[];
  /** Counted arithmetic (a multiply-add is two), for cutting submits and for the benchmark. */
  readonly operations?: number;
}

/** Where ops put their dispatches. */
export interface Pass {
  /** What the device that will run this offers. */
  readonly traits: KernelTraits;
  run(kernel: KernelSource, call: Call): void;
  /** A tensor that lives from its first to its last use in this plan; contents start undefined. */
  scratch(label: string, shape: readonly number[], type?: ElementType): Tensor;
}

export interface Dispatch {
  readonly kernel: Kernel;
  readonly params: ArrayBuffer;
  readonly buffers: readonly Tensor[];
  readonly workgroups: readonly [number, number, number];
  readonly operations: number;
}

/** A recorded plan with every kernel linked and every scratch tensor placed, still without buffers. */
export interface LaidOutPlan {
  readonly label: string;
  readonly dispatches: readonly Dispatch[];
  readonly layout: Layout;
  /** Bytes of the uniform buffer that holds all parameters. */
  readonly paramBytes: number;
  readonly operations: number;
}

/** The limits that placement must keep. */
export interface PlanLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

const PARAMS_STRIDE_BYTES = 256;

export class Plan implements Pass {
  readonly #calls: { source: KernelSource; call: Call }[] = [];

  constructor(
    readonly label: string,
    readonly traits: KernelTraits = CORE_TRAITS,
  ) {}

  run(source: KernelSource, call: Call): void {
    this.#calls.push({ source, call });
  }

  scratch(label: string, shape: readonly number[], type: ElementType = 'f32'): Tensor {
    return newTensor(label, shape, { type, isScratch: true });
  }

  /** Links, checks and places. Throws GpuUsageError when a tensor or dispatch exceeds the limits. */
  async layOut(shaders: ShaderLibrary, limits: PlanLimits): Promise<LaidOutPlan> {
    const dispatches: Dispatch[] = [];
    for (const { source, call } of this.#calls) {
      const kernel = await shaders.link(source);
      dispatches.push(checkedDispatch(kernel, call, limits));
    }
    return {
      label: this.label,
      dispatches,
      layout: placeScratch(dispatches, limits.maxBufferSize),
      paramBytes: dispatches.length * PARAMS_STRIDE_BYTES,
      operations: dispatches.reduce((sum, dispatch) => sum + dispatch.operations, 0),
    };
  }
}

export function paramOffset(dispatchIndex: number): number {
  return dispatchIndex * PARAMS_STRIDE_BYTES;
}

function checkedDispatch(kernel: Kernel, call: Call, limits: PlanLimits): Dispatch {
  const storageSlots = kernel.slots.filter((slot) => slot.access !== 'uniform');
  if (storageSlots.length !== call.buffers.length) {
    throw new GpuUsageError(`${kernel.path}: expected ${storageSlots.length} buffers, got ${call.buffers.length}`);
  }
  for (const [i, tensor] of call.buffers.entries()) {
    const sizeBytes = storedBytes(elementCount(tensor.shape), tensor.type);
    const limitBytes = limits.maxStorageBufferBindingSize;
    if (sizeBytes > limitBytes) {
      throw new GpuLimitError(
        `${kernel.path}: ${storageSlots[i]!.name} (${tensor.label}) has ${sizeBytes} bytes; this adapter binds at most ${limitBytes}`,
        tensor.label,
        sizeBytes,
        limitBytes,
        tensor.allocation.isScratch,
      );
    }
  }
  const [x = 1, y = 1, z = 1] = call.workgroups;
  if (Math.max(x, y, z) > limits.maxComputeWorkgroupsPerDimension || Math.min(x, y, z) < 1) {
    throw new GpuUsageError(
      `${kernel.path}: expected 1–${limits.maxComputeWorkgroupsPerDimension} workgroups, got ${x}×${y}×${z}`,
    );
  }
  return {
    kernel,
    params: packParams(kernel, call.params ?? {}),
    buffers: call.buffers,
    workgroups: [x, y, z],
    operations: call.operations ?? 0,
  };
}
