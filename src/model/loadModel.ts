// Fills a declared model's tensors from weight files, a few megabytes at a time: read, convert, write to the GPU. The heap
// never holds more than one chunk (or, where a stored matrix must be transposed, one matrix).

import { BLOCK_TYPES, isBlockDtype } from '../formats/blockTypes.ts';
import { isFloatDtype } from '../formats/dtypes.ts';
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import type { Gpu } from '../gpu/device.ts';
import {
  allMatrices,
  allTensors,
  allVectors,
  type FrozenMatrix,
  type FrozenModel,
  type StoredRows,
} from './frozenModel.ts';
import { ModelError } from './modelError.ts';
import { readRows } from './readRows.ts';
import { RowWriter } from './rowWriter.ts';
import { findStored } from './weightStorage.ts';

export interface LoadProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface LoadOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** Checks every stored tensor's shape and type before a byte is read. Returns the bytes that loading will read. */
export function checkStored(model: FrozenModel, files: WeightFiles): number {
  let totalBytes = 0;
  const check = (stored: readonly StoredRows[], cols: number | undefined) => {
    for (const part of stored) {
      const tensor = findStored(files, part.name);
      const { info, source, isOutIn } = tensor;
      const isInOut = part.transposed && isOutIn !== true;
      const shape = cols === undefined ? [part.rows] : isInOut ? [cols, part.rows] : [part.rows, cols];
      if (info.shape.join() !== shape.join()) {
        throw new ModelError(`${source.name}: ${info.name} has shape [${info.shape}]; config.json says [${shape}].`);
      }
      checkType(tensor, isInOut);
      totalBytes += info.sizeBytes;
    }
  };
  for (const { matrix, stored } of allMatrices(model)) check(stored, matrix.cols);
  for (const { stored } of allVectors(model)) check(stored, undefined);
  return totalBytes;
}

function checkType({ info, source }: WeightTensor, isInOut: boolean): void {
  const { dtype, shape } = info;
  if (isFloatDtype(dtype)) return;
  if (!isBlockDtype(dtype)) {
    const known = `F32, F16, BF16 and GGUF's ${Object.keys(BLOCK_TYPES).join(', ')} can be loaded`;
    throw new ModelError(`${source.name}: ${info.name} is stored as ${dtype}; ${known}.`);
  }
  const { elements } = BLOCK_TYPES[dtype];
  if (isInOut || (shape.at(-1) ?? 1) % elements !== 0) {
    throw new ModelError(
      `${source.name}: ${info.name} is stored as ${dtype}, whose blocks of ${elements} its rows cut.`,
    );
  }
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
      for (const part of stored) for await (const bytes of readRows(files, part, 1, { onRead })) writer.push(bytes);
      writer.end();
    }
    for (const frozen of allMatrices(model)) {
      await writeMatrix(gpu, frozen, (part) => readRows(files, part, frozen.matrix.cols, { onRead }));
    }
  } catch (error) {
    freeModel(gpu, model);
    throw error;
  }
}

export function freeModel(gpu: Gpu, model: FrozenModel): void {
  for (const tensor of allTensors(model)) gpu.free(tensor.allocation);
}

/** Fills a matrix with its stored tensors' rows, which `read` gives in the type they are kept in. */
export async function writeMatrix(
  gpu: Gpu,
  { matrix, stored }: FrozenMatrix,
  read: (part: StoredRows) => AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const writer = new RowWriter(
    gpu,
    matrix.parts.map((part) => part.tensor),
  );
  for (const [i, part] of stored.entries()) {
    for await (const bytes of read(part)) writer.push(bytes);
    // Rows of another type begin a tensor of their own.
    if (stored[i + 1]?.type !== part.type) writer.end();
  }
  await gpu.done();
}
