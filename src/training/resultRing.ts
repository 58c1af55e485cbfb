// Reads a small tensor back after every step without stalling the queue: a ring of buffers, each copied into and mapped
// in turn. All are made once.
import type { Gpu } from '../gpu/device.ts';
import { GpuUsageError } from '../gpu/errors.ts';
import type { Tensor } from '../gpu/tensor.ts';

export interface RingSlot {
  readonly buffer: GPUBuffer;
  isBusy: boolean;
}

export class ResultRing {
  readonly #slots: readonly RingSlot[];
  readonly #tensor: Tensor;

  constructor(
    readonly gpu: Gpu,
    tensor: Tensor,
    slots: number,
  ) {
    this.#tensor = tensor;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#slots = Array.from({ length: slots }, (_, i) => ({
      buffer: gpu.createBuffer(`${tensor.label} read ${i}`, tensor.allocation.sizeBytes, usage),
      isBusy: false,
    }));
  }

  /** A free slot for one read: `copy` into it, submit, then `take`. At most as many at once as there are slots. */
  claim(): RingSlot {
    const slot = this.#slots.find(({ isBusy }) => !isBusy);
    if (!slot) throw new GpuUsageError('resultRing: more reads at once than slots');
    slot.isBusy = true;
    return slot;
  }

  /** Records a copy of the tensor, as it is after everything recorded or submitted before. */
  copy(encoder: GPUCommandEncoder, { buffer }: RingSlot): void {
    const place = this.#tensor.allocation.place;
    if (!place) throw new GpuUsageError('resultRing: nothing to read');
    const offset = place.offsetBytes + this.#tensor.offsetBytes;
    encoder.copyBufferToBuffer(place.buffer, offset, buffer, 0, this.#tensor.allocation.sizeBytes);
  }

  /** What was copied, once its commands are done; the slot is free again. */
  async take(slot: RingSlot): Promise<ArrayBuffer> {
    try {
      const size = this.#tensor.allocation.sizeBytes;
      await this.gpu.until(slot.buffer.mapAsync(GPUMapMode.READ, 0, size));
      const bytes = slot.buffer.getMappedRange(0, size).slice(0);
      slot.buffer.unmap();
      return bytes;
    } finally {
      slot.isBusy = false;
    }
  }

  free(): void {
    for (const { buffer } of this.#slots) this.gpu.destroyBuffer(buffer);
  }
}
