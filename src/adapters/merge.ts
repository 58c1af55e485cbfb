// Merged weights: W + scaling·B·A, computed from the stored tensors a piece at a time. The originals are only ever read:
// unmerging is reading them again, never subtracting, so the frozen weights come back to the same bits.

import { readChunks, sliceSource } from '../formats/byteSource.ts';
import { F16_OVERFLOW, type FloatDtype, fromFloat32 } from '../formats/dtypes.ts';
import { readFloats } from '../formats/storedFloats.ts';
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { findStored } from '../model/weightStorage.ts';
import { AdapterError, type AdapterLayout } from './adapterSet.ts';

/** scaling·B·A on output features [outStart, outStart + outCount) of a stored matrix. */
export interface MatrixUpdate {
  readonly rank: number;
  readonly scaling: number;
  /** [rank, inFeatures] */
  readonly a: Float32Array;
  /** [outCount, rank] */
  readonly b: Float32Array;
  readonly outStart: number;
  readonly outCount: number;
}

/** What merging adds to a stored matrix. `isTransposed`: it is stored [in, out] (GPT-2). */
export interface StoredUpdate {
  readonly isTransposed: boolean;
  readonly parts: readonly MatrixUpdate[];
}

/**
 * The updates of an adapter by the stored tensor's name. `block`: its parameters, `layout.count` elements. Throws
 * ModelError for a tensor that the files lack and AdapterError for one of another shape.
 */
export function storedUpdates(
  a: Architecture,
  files: WeightFiles,
  layout: AdapterLayout,
  block: Float32Array,
): Map<string, StoredUpdate> {
  if (block.length !== layout.count) {
    throw new RangeError(`storedUpdates: expected ${layout.count} parameters, got ${block.length}`);
  }
  const updates = new Map<string, { isTransposed: boolean; parts: MatrixUpdate[] }>();
  for (const { path, place, rank, scaling, aStart, bStart } of layout.modules) {
    const { inFeatures, colCount: outCount, colStart } = place;
    // Only GPT-2 stores a fused matrix; elsewhere a target is a tensor of its own.
    const outStart = a.isConv1D ? colStart : 0;
    const { info, source, isOutIn } = findStored(files, `${path.slice(path.indexOf('.') + 1)}.weight`);
    const [rows = 0, cols = 0] = info.shape;
    const [inSize, outSize] = a.isConv1D && !isOutIn ? [rows, cols] : [cols, rows];
    if (info.shape.length !== 2 || inSize !== inFeatures || outSize < outStart + outCount) {
      throw new AdapterError(`${source.name}: ${info.name} has shape [${info.shape}], which the adapter does not fit.`);
    }
    const part = {
      rank,
      scaling,
      a: block.subarray(aStart - layout.start, aStart - layout.start + rank * inFeatures),
      b: block.subarray(bStart - layout.start, bStart - layout.start + rank * outCount),
      outStart,
      outCount,
    };
    const update = updates.get(info.name) ?? { isTransposed: a.isConv1D, parts: [] };
    update.parts.push(part);
    updates.set(info.name, update);
  }
  return updates;
}

/** Elements read, changed and handed on at a time. */
const PIECE_ELEMENTS = 1 << 20;

/** The shape that a transformers folder gives the tensor: its family's, [in, out] for GPT-2's matrices. */
export function folderShape({ info, isOutIn }: WeightTensor): readonly number[] {
  return isOutIn ? info.shape.toReversed() : info.shape;
}

/**
 * A stored tensor of numbers as `dtype`, in the layout of folderShape, with `update` added where there is one, in pieces.
 * A matrix that lies the other way round is held whole.
 */
export async function* mergedTensor(
  tensor: WeightTensor,
  update: StoredUpdate | undefined,
  dtype: FloatDtype,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { info, source } = tensor;
  const isCopy = update === undefined && info.dtype === dtype && !tensor.isOutIn;
  if (isCopy) {
    yield* readChunks(sliceSource(source, info.offset, info.sizeBytes, source.name));
    return;
  }
  const shape = folderShape(tensor);
  const count = shape.reduce((product, size) => product * size, 1);
  for (let start = 0; start < count; start += PIECE_ELEMENTS) {
    const size = tensor.isOutIn ? count : Math.min(PIECE_ELEMENTS, count - start);
    const stored = await readFloats(tensor, start, size);
    const [rows = 0, cols = 0] = info.shape;
    const values = tensor.isOutIn ? transposed(stored, rows, cols) : stored;
    if (update) addUpdate(values, start, shape.at(-1) ?? 1, update);
    if (dtype === 'F16') refuseOverflow(values, info.name);
    yield fromFloat32(values, dtype);
    if (tensor.isOutIn) return;
  }
}

/** [rows, cols] → [cols, rows], times `factor`. */
export function transposed(values: Float32Array, rows: number, cols: number, factor = 1): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) turned[c * rows + r] = factor * values[r * cols + c]!;
  return turned;
}

/** Adds to elements [start, start + values.length) of a row-major matrix with `cols` columns. Sums in f64. */
export function addUpdate(values: Float32Array, start: number, cols: number, update: StoredUpdate): void {
  const end = start + values.length;
  const sums = new Float64Array(cols);
  for (let row = Math.floor(start / cols); row * cols < end; row++) {
    const first = Math.max(0, start - row * cols);
    const last = Math.min(cols, end - row * cols);
    for (const part of update.parts) {
      const [from, to] = update.isTransposed
        ? sumTransposed(sums, part, row, first, last)
        : sumRow(sums, part, row, first, last);
      const base = row * cols - start;
      for (let col = from; col < to; col++) values[base + col] = values[base + col]! + part.scaling * sums[col]!;
    }
  }
}

/** Row `row` of B·A, at columns [first, last). Returns the columns written. */
function sumRow(sums: Float64Array, part: MatrixUpdate, row: number, first: number, last: number): [number, number] {
  const { a, b, rank, outStart, outCount } = part;
  if (row < outStart || row >= outStart + outCount) return [0, 0];
  const inFeatures = a.length / rank;
  sums.fill(0, first, last);
  for (let r = 0; r < rank; r++) {
    const weight = b[(row - outStart) * rank + r]!;
    for (let col = first; col < last; col++) sums[col] = sums[col]! + weight * a[r * inFeatures + col]!;
  }
  return [first, last];
}

/** Row `row` of (B·A)ᵀ: the input feature `row`, at output features [first, last). */
function sumTransposed(
  sums: Float64Array,
  part: MatrixUpdate,
  row: number,
  first: number,
  last: number,
): [number, number] {
  const { a, b, rank, outStart, outCount } = part;
  const inFeatures = a.length / rank;
  const from = Math.max(first, outStart);
  const to = Math.min(last, outStart + outCount);
  for (let col = from; col < to; col++) {
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[(col - outStart) * rank + r]! * a[r * inFeatures + row]!;
    sums[col] = sum;
  }
  return [from, to];
}

function refuseOverflow(values: Float32Array, name: string): void {
  for (const value of values) {
    if (Math.abs(value) < F16_OVERFLOW || !Number.isFinite(value)) continue;
    throw new AdapterError(`${name} holds ${value.toPrecision(4)}, too large for f16: export as bf16 or f32.`);
  }
}
