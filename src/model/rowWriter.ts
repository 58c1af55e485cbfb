// A stream of bytes on its way into the tensors of a matrix.
import type { Gpu } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { ModelError } from './modelError.ts';

/** Writes a stream of bytes into consecutive tensors, in whole 32-bit words. */
export class RowWriter {
  #part = 0;
  #offset = 0;
  #rest = new Uint8Array(0);

  constructor(
    readonly gpu: Gpu,
    readonly parts: readonly Tensor[],
  ) {}

  push(bytes: Uint8Array<ArrayBuffer>): void {
    let pending = bytes;
    if (this.#rest.length > 0) {
      pending = new Uint8Array(this.#rest.length + bytes.length);
      pending.set(this.#rest);
      pending.set(bytes, this.#rest.length);
    }
    while (pending.length >= 4) {
      const tensor = this.parts[this.#part];
      if (!tensor) throw new ModelError('loadModel: more bytes than the matrix holds');
      const room = tensor.allocation.sizeBytes - this.#offset;
      const size = Math.min(room, pending.length) & ~3;
      if (size === 0) break;
      this.gpu.write(tensor, pending.subarray(0, size), this.#offset);
      pending = pending.subarray(size);
      this.#offset += size;
      if (this.#offset === tensor.allocation.sizeBytes && this.#part + 1 < this.parts.length) {
        this.#part++;
        this.#offset = 0;
      }
    }
    this.#rest = pending.slice();
  }

  /** Pads what is left to a word; what is pushed next begins the next tensor. */
  end(): void {
    if (this.#rest.length === 0 && this.#offset === 0) return;
    if (this.#rest.length > 0) {
      const word = new Uint8Array(4);
      word.set(this.#rest);
      this.gpu.write(this.parts[this.#part]!, word, this.#offset);
      this.#rest = new Uint8Array(0);
    }
    this.#part++;
    this.#offset = 0;
  }
}
