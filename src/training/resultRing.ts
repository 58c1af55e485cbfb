// Reads a small tensor back after every step without stalling the queue: a ring of buffers, each copied into and mapped
// in turn. All are made once.
import type { Gpu } from '../gpu/device.ts';
import { GpuUsageError } from '../gpu/errors.ts';
import type { Tensor } from '../gpu/tensor.ts';

interface Slot {
  readonly buffer: GPUBuffer;
  isBusy: boolean;
}

export class ResultRing {
  readonly #slots: readonly Slot[];
  readonly #tensor: Tensor;

  constructor(gpu: Gpu, tensor: Tensor, slots: number) {
    this.#tensor = tensor;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#slots = Array.from({ length: slots }, (_, i) => ({
      buffer: gpu.createBuffer(`${tensor.label} read ${i}`, tensor.allocation.sizeBytes, usage),
      isBusy: false,
    }));
  }

  /** The tensor's contents after everything submitted so far. At most as many reads at once as there are slots. */
  async read(gpu: Gpu): Promise<ArrayBuffer> {
    const slot = this.#slots.find(({ isBusy }) => !isBusy);
    const place = this.#tensor.allocation.place;
    if (!slot || !place) throw new GpuUsageError('resultRing: more reads at once than slots, or nothing to read');
    slot.isBusy = true;
    try {
      const size = this.#tensor.allocation.sizeBytes;
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(place.buffer, place.offsetBytes + this.#tensor.offsetBytes, slot.buffer, 0, size);
      gpu.device.queue.submit([encoder.finish()]);
      await slot.buffer.mapAsync(GPUMapMode.READ, 0, size);
      const bytes = slot.buffer.getMappedRange(0, size).slice(0);
      slot.buffer.unmap();
      return bytes;
    } finally {
      slot.isBusy = false;
    }
  }

  free(gpu: Gpu): void {
    for (const { buffer } of this.#slots) gpu.destroyBuffer(buffer);
  }
}
