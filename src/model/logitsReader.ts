// Brings logits to the CPU through one staging buffer, made once.
import type { Gpu } from '../gpu/device.ts';
import { GpuUsageError } from '../gpu/errors.ts';
import type { Tensor } from '../gpu/tensor.ts';

export class LogitsReader {
  #staging: GPUBuffer | undefined;

  /** logits: [most rows, vocabulary] */
  constructor(
    readonly gpu: Gpu,
    readonly logits: Tensor,
  ) {}

  get sizeBytes(): number {
    return this.logits.allocation.sizeBytes;
  }

  allocate(): void {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#staging ??= this.gpu.createBuffer('logits read', this.sizeBytes, usage);
  }

  /** Calls `use` with each of the first `rows` rows, which is valid only until it returns. */
  async read(rows: number, use: (row: number, logits: Float32Array) => void): Promise<void> {
    const place = this.logits.allocation.place;
    const staging = this.#staging;
    if (!place || !staging) throw new GpuUsageError('logitsReader: not allocated');
    const [, vocabulary = 0] = this.logits.shape;
    const sizeBytes = rows * vocabulary * Float32Array.BYTES_PER_ELEMENT;
    const encoder = this.gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(place.buffer, place.offsetBytes + this.logits.offsetBytes, staging, 0, sizeBytes);
    this.gpu.device.queue.submit([encoder.finish()]);
    await this.gpu.until(staging.mapAsync(GPUMapMode.READ, 0, sizeBytes));
    try {
      const values = new Float32Array(staging.getMappedRange(0, sizeBytes));
      for (let row = 0; row < rows; row++) use(row, values.subarray(row * vocabulary, (row + 1) * vocabulary));
    } finally {
      staging.unmap();
    }
  }

  free(): void {
    if (this.#staging) this.gpu.destroyBuffer(this.#staging);
    this.#staging = undefined;
  }
}
