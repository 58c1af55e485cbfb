// A laid-out plan bound to buffers: pipelines, bind groups and one uniform buffer, made once. Replaying it creates
// nothing. Several plans (one per batch shape) share one workspace, whose arenas are as large as the largest needs.
import type { Gpu } from './device.ts';
import { GpuUsageError } from './errors.ts';
import type { Layout } from './placement.ts';
import { type LaidOutPlan, paramOffset } from './plan.ts';
import { elementCount, storedBytes, type Tensor } from './tensor.ts';

/** Scratch memory shared by plans that never run at the same time. */
export class Workspace {
  readonly #bytes: number[] = [];
  #buffers: GPUBuffer[] | undefined;

  /** Makes room for one more plan. Must come before `allocate`. */
  reserve(layout: Layout): void {
    if (this.#buffers) throw new GpuUsageError('workspace: already allocated');
    layout.arenaBytes.forEach((size, i) => {
      this.#bytes[i] = Math.max(this.#bytes[i] ?? 0, size);
    });
  }

  /** Exactly what `allocate` will take. */
  get sizeBytes(): number {
    return this.#bytes.reduce((sum, size) => sum + size, 0);
  }

  allocate(gpu: Gpu): void {
    if (this.#buffers) return;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#buffers = this.#bytes.map((size, i) => gpu.createBuffer(`workspace ${i}`, size, usage));
  }

  arena(index: number): GPUBuffer {
    const buffer = this.#buffers?.[index];
    if (!buffer) throw new GpuUsageError(`workspace: arena ${index} is not allocated`);
    return buffer;
  }

  free(gpu: Gpu): void {
    for (const buffer of this.#buffers ?? []) gpu.destroyBuffer(buffer);
    this.#buffers = undefined;
  }
}

/** Time spent in one kernel over one profiled run. */
export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  readonly elapsedMs: number;
  readonly operations: number;
}

interface BoundDispatch {
  readonly path: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  readonly operations: number;
}

/** A submit is cut when it holds this much counted arithmetic, so that a desktop stays usable. */
const OPERATIONS_PER_SUBMIT = 20e9;

export class BoundPlan {
  private constructor(
    readonly plan: LaidOutPlan,
    readonly dispatches: readonly BoundDispatch[],
    readonly params: GPUBuffer,
  ) {}

  /** Places scratch in `workspace`, compiles what is not compiled yet, and makes the bind groups. */
  static async bind(gpu: Gpu, plan: LaidOutPlan, workspace: Workspace): Promise<BoundPlan> {
    workspace.allocate(gpu);
    const pipelines = await Promise.all(plan.dispatches.map(({ kernel }) => gpu.pipeline(kernel)));
    const params = gpu.createBuffer(
      `${plan.label} parameters`,
      Math.max(16, plan.paramBytes),
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    const packed = new Uint8Array(plan.paramBytes);
    const dispatches = plan.dispatches.map((dispatch, index): BoundDispatch => {
      packed.set(new Uint8Array(dispatch.params), paramOffset(index));
      const pipeline = pipelines[index]!;
      const tensors = [...dispatch.buffers];
      const entries = dispatch.kernel.slots.map((slot, binding): GPUBindGroupEntry => {
        if (slot.access === 'uniform') {
          return {
            binding,
            resource: { buffer: params, offset: paramOffset(index), size: dispatch.params.byteLength },
          };
        }
        return { binding, resource: resourceOf(tensors.shift()!, plan.layout, workspace) };
      });
      gpu.created.bindGroups++;
      const bindGroup = gpu.device.createBindGroup({
        label: dispatch.kernel.path,
        layout: pipeline.getBindGroupLayout(0),
        entries,
      });
      return {
        path: dispatch.kernel.path,
        pipeline,
        bindGroup,
        workgroups: dispatch.workgroups,
        operations: dispatch.operations,
      };
    });
    gpu.device.queue.writeBuffer(params, 0, packed);
    return new BoundPlan(plan, dispatches, params);
  }

  /** Records and submits every dispatch, in as few submits as the arithmetic allows. Returns how many. */
  submit(gpu: Gpu, operationsPerSubmit = OPERATIONS_PER_SUBMIT): number {
    let submits = 0;
    let index = 0;
    while (index < this.dispatches.length) {
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      let operations = 0;
      do {
        const dispatch = this.dispatches[index++]!;
        encodeDispatch(pass, dispatch);
        operations += dispatch.operations;
      } while (
        index < this.dispatches.length &&
        operations + this.dispatches[index]!.operations <= operationsPerSubmit
      );
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      submits++;
    }
    return submits;
  }

  /** Runs once with a timestamp around every dispatch; sums by kernel, slowest first. Needs `timestamp-query`. */
  async profile(gpu: Gpu): Promise<KernelTime[]> {
    if (!gpu.has('timestamp-query')) throw new GpuUsageError('profile: this adapter offers no timestamp queries');
    const CHUNK = 2048;
    const byKernel = new Map<string, { calls: number; elapsedMs: number; operations: number }>();
    for (let start = 0; start < this.dispatches.length; start += CHUNK) {
      const chunk = this.dispatches.slice(start, start + CHUNK);
      const elapsedMs = await timeDispatches(gpu, chunk);
      chunk.forEach(({ path, operations }, i) => {
        const entry = byKernel.get(path) ?? { calls: 0, elapsedMs: 0, operations: 0 };
        entry.calls++;
        entry.elapsedMs += elapsedMs[i]!;
        entry.operations += operations;
        byKernel.set(path, entry);
      });
    }
    return [...byKernel].map(([kernel, time]) => ({ kernel, ...time })).sort((a, b) => b.elapsedMs - a.elapsedMs);
  }

  free(gpu: Gpu): void {
    gpu.destroyBuffer(this.params);
  }
}

/** Adds one dispatch to a pass. */
export function encodeDispatch(pass: GPUComputePassEncoder, { pipeline, bindGroup, workgroups }: BoundDispatch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...workgroups);
}

function resourceOf(tensor: Tensor, layout: Layout, workspace: Workspace): GPUBufferBinding {
  const size = Math.max(16, Math.ceil(storedBytes(elementCount(tensor.shape), tensor.type) / 16) * 16);
  const placement = layout.placements.get(tensor.allocation);
  if (placement) {
    const buffer = workspace.arena(placement.arena);
    const offset = placement.offsetBytes + tensor.offsetBytes;
    return { buffer, offset, size: Math.min(size, buffer.size - offset) };
  }
  const place = tensor.allocation.place;
  if (!place) throw new GpuUsageError(`${tensor.label}: used in a plan but has no buffer`);
  const offset = place.offsetBytes + tensor.offsetBytes;
  return { buffer: place.buffer, offset, size: Math.min(size, place.buffer.size - offset) };
}

async function timeDispatches(gpu: Gpu, dispatches: readonly BoundDispatch[]): Promise<number[]> {
  const count = dispatches.length * 2;
  const querySet = gpu.device.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.createBuffer('timestamps', count * 8, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
  const staging = gpu.createBuffer('timestamps read', count * 8, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = gpu.device.createCommandEncoder();
    dispatches.forEach((dispatch, i) => {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      encodeDispatch(pass, dispatch);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * 8);
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.until(staging.mapAsync(GPUMapMode.READ));
    const times = new BigInt64Array(staging.getMappedRange());
    return dispatches.map((_, i) => Number(times[2 * i + 1]! - times[2 * i]!) / 1e6);
  } finally {
    querySet.destroy();
    gpu.destroyBuffer(resolved);
    gpu.destroyBuffer(staging);
  }
}
