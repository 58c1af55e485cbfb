// Counts what a library does to WebGPU, the same way for all of them: dispatches, submits and bytes of buffers, by
// wrapping WebGPU's own classes. Whoever is `current` when something is made or run is its owner.

export interface GpuCounts {
  dispatches: number;
  submits: number;
  liveBytes: number;
  peakBytes: number;
}

export interface GpuCounter {
  /** Everything until the next call is on this owner's account. */
  setOwner(owner: string): void;
  countsOf(owner: string): Readonly<GpuCounts>;
}

let counter: GpuCounter | undefined;

/** Wraps the classes of this realm, once. Needs them on globalThis (see openNodeAdapter). */
export function countGpu(): GpuCounter {
  counter ??= install();
  return counter;
}

function install(): GpuCounter {
  const counts = new Map<string, GpuCounts>();
  const sizes = new WeakMap<GPUBuffer, { owner: GpuCounts; size: number }>();
  const of = (owner: string): GpuCounts => {
    let found = counts.get(owner);
    if (!found) {
      found = { dispatches: 0, submits: 0, liveBytes: 0, peakBytes: 0 };
      counts.set(owner, found);
    }
    return found;
  };
  let current = of('');

  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    sizes.set(buffer, { owner: current, size: descriptor.size });
    current.liveBytes += descriptor.size;
    current.peakBytes = Math.max(current.peakBytes, current.liveBytes);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    const known = sizes.get(this);
    if (known) known.owner.liveBytes -= known.size;
    sizes.delete(this);
    return destroy.call(this);
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (buffers) {
    current.submits++;
    return submit.call(this, buffers);
  };
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
    current.dispatches++;
    return dispatchWorkgroups.call(this, x, y, z);
  };
  GPUComputePassEncoder.prototype.dispatchWorkgroupsIndirect = function (buffer, offset) {
    current.dispatches++;
    return dispatchWorkgroupsIndirect.call(this, buffer, offset);
  };
  return {
    setOwner(owner) {
      current = of(owner);
    },
    countsOf: (owner) => ({ ...of(owner) }),
  };
}
