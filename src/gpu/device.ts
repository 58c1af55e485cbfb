// The device and everything made on it: buffers, pipelines, bound plans. All creation goes through here and is counted,
// so that a test can show that a step creates nothing and the studio can show what is allocated.
import { DeviceLostError, GpuUsageError, NoGpuError, OutOfGpuMemoryError, ShaderError } from './errors.ts';
import type { PlanLimits } from './plan.ts';
import { type Kernel, type ShaderFiles, ShaderLibrary } from './shaders.ts';
import type { Allocation, Tensor } from './tensor.ts';
import { type KernelTraits, traitsOf } from './traits.ts';
import { Waiting } from './waiting.ts';

/** How many objects were created since the device was opened. */
export interface CreationCounts {
  buffers: number;
  bindGroups: number;
  pipelines: number;
  shaderModules: number;
}

export interface AdapterDescription {
  readonly name: string;
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly limits: PlanLimits;
}

const WANTED_FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** One of the buffers that ask for room. */
const PROBE_BYTES = 256 << 20;

/**
 * What people know a device by; browsers give no description of some.
 * @internal
 */
export function adapterName({ vendor, architecture, device, description }: Partial<GPUAdapterInfo>): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
}

/** Whether the work runs on the processor. */
export function isSoftwareAdapter({ info }: { info: Partial<GPUAdapterInfo> }): boolean {
  const { architecture, device, isFallbackAdapter } = info;
  const names = `${adapterName(info)} ${architecture} ${device}`;
  return isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(names);
}

export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  return {
    name: adapterName(adapter.info),
    isSoftware: isSoftwareAdapter(adapter),
    features: [...adapter.features],
    limits: pickLimits(adapter.limits),
  };
}

function pickLimits(limits: GPUSupportedLimits): PlanLimits {
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension } = limits;
  return { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension };
}

export class Gpu {
  readonly shaders: ShaderLibrary;
  readonly adapter: AdapterDescription;
  readonly limits: PlanLimits;
  /** Plans for this device are recorded against these. */
  traits: KernelTraits;
  readonly created: CreationCounts = { buffers: 0, bindGroups: 0, pipelines: 0, shaderModules: 0 };
  /** Bytes of all live buffers made here. */
  allocatedBytes = 0;
  peakAllocatedBytes = 0;
  /**
   * Resolves, once, when the device is lost for any reason but `destroy()`, or when it refuses a command that nobody
   * watches: whatever it computed after that would be wrong, so it is given up.
   */
  readonly lost: Promise<DeviceLostError>;
  readonly #waiting: Waiting;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #sizes = new Map<GPUBuffer, number>();

  private constructor(
    readonly device: GPUDevice,
    adapter: GPUAdapter,
    files: ShaderFiles,
  ) {
    this.shaders = new ShaderLibrary(files);
    this.adapter = describeAdapter(adapter);
    this.limits = pickLimits(device.limits);
    this.traits = traitsOf(device.features, adapter.info, this.adapter.isSoftware);
    this.#waiting = new Waiting(device.queue);
    // A device that is gone before it answers tells that by `lost`.
    this.#waiting.learn().catch(() => undefined);
    this.lost = new Promise((resolve) => {
      device.lost.then(({ reason, message }) => {
        if (reason !== 'destroyed') resolve(new DeviceLostError(`The GPU was lost (${reason}): ${message}`));
      });
      device.addEventListener('uncapturederror', ({ error }) => {
        // Memory that was not given makes its first reader fail.
        if (error instanceof GPUOutOfMemoryError) return;
        resolve(new DeviceLostError(`The GPU refused a command: ${error.message}`));
        // Not in here: Dawn would wait for itself.
        setTimeout(() => device.destroy());
      });
    });
  }

  /** Opens a device with the features and limits that this adapter offers, no more. */
  static async open(adapter: GPUAdapter, files: ShaderFiles): Promise<Gpu> {
    const requiredLimits: Record<string, number> = {};
    for (const name of WANTED_LIMITS) requiredLimits[name] = adapter.limits[name];
    const device = await adapter
      .requestDevice({ requiredFeatures: WANTED_FEATURES.filter((name) => adapter.features.has(name)), requiredLimits })
      .catch((error: unknown) => {
        throw new NoGpuError(`The adapter refused a device: ${String(error)}`);
      });
    return new Gpu(device, adapter, files);
  }

  has(feature: GPUFeatureName): boolean {
    return this.device.features.has(feature);
  }

  createBuffer(label: string, sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    if (sizeBytes > this.limits.maxBufferSize) {
      throw new OutOfGpuMemoryError(
        `${label}: ${sizeBytes} bytes; this adapter allows ${this.limits.maxBufferSize} in one buffer`,
      );
    }
    const buffer = this.device.createBuffer({ label, size: Math.max(16, Math.ceil(sizeBytes / 4) * 4), usage });
    this.created.buffers++;
    this.#sizes.set(buffer, buffer.size);
    this.allocatedBytes += buffer.size;
    this.peakAllocatedBytes = Math.max(this.peakAllocatedBytes, this.allocatedBytes);
    return buffer;
  }

  destroyBuffer(buffer: GPUBuffer): void {
    this.allocatedBytes -= this.#sizes.get(buffer) ?? 0;
    this.#sizes.delete(buffer);
    buffer.destroy();
  }

  /** Runs `make`, and turns an allocation that the driver refused into OutOfGpuMemoryError. */
  async allocating<T>(what: string, make: () => T | Promise<T>): Promise<T> {
    this.device.pushErrorScope('out-of-memory');
    let made: T | undefined;
    let failure: unknown;
    try {
      made = await make();
    } catch (error) {
      failure = error;
    }
    const error = await this.device.popErrorScope();
    if (error) throw new OutOfGpuMemoryError(`${what}: the GPU has no room left (${error.message})`);
    if (failure !== undefined) throw failure;
    return made as T;
  }

  /** Whether the driver gives so many bytes more: buffers are made in an out-of-memory scope, and freed at once. */
  async hasRoomFor(sizeBytes: number): Promise<boolean> {
    const most = Math.min(PROBE_BYTES, this.limits.maxBufferSize);
    const probes: GPUBuffer[] = [];
    this.device.pushErrorScope('out-of-memory');
    for (let left = sizeBytes; left > 0; left -= most) {
      const size = Math.ceil(Math.min(left, most) / 4) * 4;
      probes.push(this.device.createBuffer({ label: 'probe', size, usage: GPUBufferUsage.STORAGE }));
    }
    const refusal = await this.device.popErrorScope();
    for (const probe of probes) probe.destroy();
    return refusal === null;
  }

  /** Waits for a promise of the device, and asks it meanwhile where it would be slow to tell. */
  until<T>(work: Promise<T>): Promise<T> {
    return this.#waiting.until(work);
  }

  /** Resolves when everything submitted so far is done. */
  done(): Promise<undefined> {
    return this.until(this.device.queue.onSubmittedWorkDone());
  }

  /** Gives a resident allocation a buffer of its own. */
  place(allocation: Allocation): GPUBuffer {
    if (allocation.isScratch) throw new GpuUsageError(`${allocation.label}: scratch tensors are placed by their plan`);
    if (!allocation.place) {
      const { COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
      const buffer = this.createBuffer(allocation.label, allocation.sizeBytes, STORAGE | COPY_DST | COPY_SRC);
      allocation.place = { buffer, offsetBytes: 0 };
    }
    return allocation.place.buffer;
  }

  /** Frees a resident allocation's buffer, if it has one. */
  free(allocation: Allocation): void {
    if (allocation.place) this.destroyBuffer(allocation.place.buffer);
    allocation.place = undefined;
  }

  /** Writes bytes at the start of a placed tensor (or `offsetBytes` into it). */
  write(tensor: Tensor, data: ArrayBufferView<ArrayBuffer>, offsetBytes = 0): void {
    const place = tensor.allocation.place;
    if (!place) throw new GpuUsageError(`${tensor.label}: not placed`);
    const start = place.offsetBytes + tensor.offsetBytes + offsetBytes;
    this.device.queue.writeBuffer(place.buffer, start, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Reads a tensor back. Makes a staging buffer: not for the training loop. */
  async read(tensor: Tensor, sizeBytes = tensor.allocation.sizeBytes - tensor.offsetBytes): Promise<ArrayBuffer> {
    const place = tensor.allocation.place;
    if (!place) throw new GpuUsageError(`${tensor.label}: not placed`);
    const size = Math.ceil(sizeBytes / 4) * 4;
    const staging = this.createBuffer(`read ${tensor.label}`, size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    try {
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(place.buffer, place.offsetBytes + tensor.offsetBytes, staging, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await this.until(staging.mapAsync(GPUMapMode.READ, 0, size));
      return staging.getMappedRange(0, size).slice(0, sizeBytes);
    } finally {
      this.destroyBuffer(staging);
    }
  }

  /** The compiled pipeline of a kernel, made once. Throws ShaderError that shows the failing lines. */
  pipeline(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(kernel.key);
    if (!pipeline) {
      pipeline = this.#compile(kernel);
      this.#pipelines.set(kernel.key, pipeline);
    }
    return pipeline;
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    this.device.pushErrorScope('validation');
    const module = this.device.createShaderModule({ label: kernel.path, code: kernel.code });
    this.created.shaderModules++;
    const scope = this.device.popErrorScope();
    if (await scope) {
      const { messages } = await module.getCompilationInfo();
      throw new ShaderError(showCompileErrors(kernel, messages));
    }
    const entries = kernel.slots.map((slot, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: bufferType(slot.access) },
    }));
    const layout = this.device.createBindGroupLayout({ label: kernel.path, entries });
    this.created.pipelines++;
    return this.device
      .createComputePipelineAsync({
        label: kernel.path,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      })
      .catch((error: unknown) => {
        throw new ShaderError(`shaders/${kernel.path}.wgsl: ${String(error)}`);
      });
  }

  destroy(): void {
    this.device.destroy();
  }
}

function bufferType(access: Kernel['slots'][number]['access']): GPUBufferBindingType {
  if (access === 'uniform') return 'uniform';
  return access === 'read' ? 'read-only-storage' : 'storage';
}

function showCompileErrors(kernel: Kernel, messages: readonly GPUCompilationMessage[]): string {
  const shown = messages
    .filter((message) => message.type === 'error')
    .map(({ lineNum, linePos, message }) => {
      const { path, line, text } = kernel.locate(lineNum, linePos);
      const first = Math.max(1, line - 2);
      const near = text.split('\n').slice(first - 1, line + 2);
      const numbered = near.map((code, i) => `${String(first + i).padStart(5)} | ${code}`);
      return `shaders/${path}, line ${line}: ${message}\n${numbered.join('\n')}`;
    });
  return shown.join('\n') || `shaders/${kernel.path}.wgsl: does not compile`;
}
