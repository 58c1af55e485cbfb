// Fills a declared model's tensors from weight files, a few megabytes at a time: read, convert, write to the GPU. The heap
// never holds more than one chunk (or, where a stored matrix must be transposed, one matrix).

import { convertFloats, FLOAT_SIZE_BYTES, type FloatDtype, isFloatDtype } from '../formats/dtypes.ts';
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import {
  allMatrices,
  allTensors,
  allVectors,
  type FrozenModel,
  type StoredRows,
  type WeightStorage,
} from './frozenModel.ts';
import { ModelError } from './modelError.ts';

export const DTYPE_OF: Readonly<Record<WeightStorage, FloatDtype>> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };

/** What families put before a tensor's name, depending on which class saved it. */
const PREFIXES = ['', 'model.', 'transformer.'];

export interface LoadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface LoadOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** The stored tensor of this name under any known prefix. Throws ModelError when there is none. */
export function findStored(files: WeightFiles, name: string): WeightTensor {
  for (const prefix of PREFIXES) {
    const found = files.tensors.get(prefix + name);
    if (found) return found;
  }
  throw new ModelError(`The weights have no tensor ${name} (nor model.${name}); is this the whole model?`);
}

/** Checks every stored tensor's shape and type before a byte is read. Returns the bytes that loading will read. */
export function checkStored(model: FrozenModel, files: WeightFiles): number {
  let totalBytes = 0;
  const check = (stored: readonly StoredRows[], cols: number | undefined) => {
    for (const part of stored) {
      const { info, source } = findStored(files, part.name);
      const shape = cols === undefined ? [part.rows] : part.transposed ? [cols, part.rows] : [part.rows, cols];
      if (info.shape.join() !== shape.join()) {
        throw new ModelError(`${source.name}: ${info.name} has shape [${info.shape}]; config.json says [${shape}].`);
      }
      if (!isFloatDtype(info.dtype)) {
        throw new ModelError(
          `${source.name}: ${info.name} is stored as ${info.dtype}; F32, F16 and BF16 can be loaded.`,
        );
      }
      totalBytes += info.sizeBytes;
    }
  };
  for (const { matrix, stored } of allMatrices(model)) check(stored, matrix.cols);
  for (const { stored } of allVectors(model)) check(stored, undefined);
  return totalBytes;
}

/** Places and fills every tensor. On failure or cancellation everything placed is freed. */
export async function loadModel(
  gpu: Gpu,
  model: FrozenModel,
  files: WeightFiles,
  options: LoadOptions = {},
): Promise<void> {
  const totalBytes = checkStored(model, files);
  let doneBytes = 0;
  const onRead = (bytes: number) => {
    options.signal?.throwIfAborted();
    doneBytes += bytes;
    options.onProgress?.({ doneBytes, totalBytes });
  };
  try {
    await gpu.allocating('the model', () => {
      for (const tensor of allTensors(model)) gpu.place(tensor.allocation);
    });
    for (const { tensor, stored } of allVectors(model)) {
      const writer = new RowWriter(gpu, [tensor]);
      for (const part of stored) for await (const bytes of readRows(files, part, 1, 'F32', onRead)) writer.push(bytes);
      writer.end();
    }
    for (const { matrix, stored } of allMatrices(model)) {
      const writer = new RowWriter(
        gpu,
        matrix.parts.map((part) => part.tensor),
      );
      for (const part of stored) {
        for await (const bytes of readRows(files, part, matrix.cols, DTYPE_OF[model.storage], onRead))
          writer.push(bytes);
      }
      writer.end();
      await gpu.device.queue.onSubmittedWorkDone();
    }
  } catch (error) {
    freeModel(gpu, model);
    throw error;
  }
}

export function freeModel(gpu: Gpu, model: FrozenModel): void {
  for (const tensor of allTensors(model)) gpu.free(tensor.allocation);
}

const CHUNK_ELEMENTS = 1 << 20;

/** A stored tensor's rows in order, as bytes of `to`, in chunks. */
export async function* readRows(
  files: WeightFiles,
  { name, rows, transposed }: StoredRows,
  cols: number,
  to: FloatDtype,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { source, info } = findStored(files, name);
  if (!isFloatDtype(info.dtype)) throw new ModelError(`${source.name}: ${name} is stored as ${info.dtype}.`);
  const elementBytes = FLOAT_SIZE_BYTES[info.dtype];
  const count = rows * cols;
  if (transposed) {
    const bytes = await source.read(info.offset, count * elementBytes);
    onRead(bytes.length);
    yield convertFloats(transpose(bytes, elementBytes, cols, rows), info.dtype, to);
    return;
  }
  for (let start = 0; start < count; start += CHUNK_ELEMENTS) {
    const size = Math.min(CHUNK_ELEMENTS, count - start) * elementBytes;
    const bytes = await source.read(info.offset + start * elementBytes, size);
    onRead(bytes.length);
    yield convertFloats(bytes, info.dtype, to);
  }
}

/** [rows, cols] → [cols, rows], bit for bit. */
export function transpose(
  bytes: Uint8Array<ArrayBuffer>,
  elementBytes: number,
  rows: number,
  cols: number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
  const View = elementBytes === 4 ? Uint32Array : Uint16Array;
  const from = new View(copy.buffer, copy.byteOffset, rows * cols);
  const to = new View(rows * cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) to[c * rows + r] = from[r * cols + c]!;
  return new Uint8Array(to.buffer);
}

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

  /** Pads what is left to a word. */
  end(): void {
    if (this.#rest.length === 0) return;
    const word = new Uint8Array(4);
    word.set(this.#rest);
    this.gpu.write(this.parts[this.#part]!, word, this.#offset);
  }
}
