// The frozen matrix under one adapted module, [outFeatures, inFeatures], from the model's files: any stored type, quantized
// blocks as the numbers they stand for. One at a time is held.
import type { AdaptedModule } from '../adapters/adapterSet.ts';
import { readFloats } from '../formats/storedFloats.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { ModelError } from '../model/modelError.ts';
import { findStored } from '../model/weightStorage.ts';
import { type Breathe, type Columns, zeroColumns } from './columns.ts';

export interface FrozenMatrix {
  readonly rows: number;
  readonly cols: number;
  /** Row-major. */
  readonly values: Float32Array;
}

/** Elements read at a time, whole rows of them. */
const PIECE_ELEMENTS = 1 << 20;

/** Throws ModelError for a tensor that is not there or has another shape. */
export async function readFrozen(
  a: Architecture,
  files: WeightFiles,
  { path, place }: AdaptedModule,
  breathe: Breathe,
): Promise<FrozenMatrix> {
  const { inFeatures: cols, colCount: rows } = place;
  const tensor = findStored(files, `${path.slice(path.indexOf('.') + 1)}.weight`);
  const { info, isOutIn } = tensor;
  // Only GPT-2 stores [in, out], and several targets in one tensor; elsewhere a target is a tensor of its own.
  const isTurned = a.isConv1D && !isOutIn;
  const start = a.isConv1D ? place.colStart : 0;
  const [storedRows = 0, storedCols = 0] = info.shape;
  const [inSize, outSize] = isTurned ? [storedRows, storedCols] : [storedCols, storedRows];
  if (info.shape.length !== 2 || inSize !== cols || outSize < start + rows) {
    throw new ModelError(
      `${tensor.source.name}: ${info.name} has shape [${info.shape}], which the adapter does not fit`,
    );
  }
  const values = new Float32Array(rows * cols);
  const [first, last] = isTurned ? [0, storedRows] : [start, start + rows];
  const perPiece = Math.max(1, Math.floor(PIECE_ELEMENTS / storedCols));
  for (let row = first; row < last; row += perPiece) {
    const count = Math.min(perPiece, last - row);
    const piece = await readFloats(tensor, row * storedCols, count * storedCols);
    if (!isTurned) values.set(piece, (row - start) * cols);
    else {
      for (let i = 0; i < count; i++) {
        for (let out = 0; out < rows; out++) values[out * cols + row + i] = piece[i * storedCols + start + out]!;
      }
    }
    await breathe();
  }
  return { rows, cols, values };
}

/** W·v, [rows]. */
export function timesVector({ rows, cols, values }: FrozenMatrix, v: Float64Array): Float64Array {
  const product = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    const at = i * cols;
    for (let j = 0; j < cols; j++) sum += values[at + j]! * v[j]!;
    product[i] = sum;
  }
  return product;
}

/** Wᵀ·u, [cols]. */
export function transposedTimesVector({ rows, cols, values }: FrozenMatrix, u: Float64Array): Float64Array {
  const product = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const weight = u[i]!;
    const at = i * cols;
    for (let j = 0; j < cols; j++) product[j] = product[j]! + weight * values[at + j]!;
  }
  return product;
}

/** W·V, column by column. */
export async function timesColumns(w: FrozenMatrix, v: Columns, breathe: Breathe): Promise<Columns> {
  const product = zeroColumns(w.rows, v.cols);
  for (let j = 0; j < v.cols; j++) {
    product.values.set(timesVector(w, v.values.subarray(j * v.rows, (j + 1) * v.rows)), j * w.rows);
    await breathe();
  }
  return product;
}

export function frozenNorm({ values }: FrozenMatrix): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
