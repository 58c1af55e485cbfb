// Thin QR by Householder reflections (Golub and Van Loan, Matrix Computations, algorithm 5.2.1): Q has orthonormal columns
// even where the matrix is short of rank or zero, as B of an untrained adapter is.
import { type Columns, column, dot, norm, zeroColumns } from './columns.ts';

/** m = Q·R; Q [rows, p] and R [p, cols] with p = min(rows, cols). */
export interface ThinQr {
  readonly q: Columns;
  readonly r: Columns;
}

export function thinQr(m: Columns): ThinQr {
  const { rows, cols } = m;
  const p = Math.min(rows, cols);
  const work: Columns = { rows, cols, values: m.values.slice() };
  const reflectors: Float64Array[] = [];
  for (let j = 0; j < p; j++) {
    const reflector = reflectorOf(column(work, j).subarray(j));
    reflectors.push(reflector);
    for (let other = j; other < cols; other++) reflect(column(work, other).subarray(j), reflector);
  }
  const r = zeroColumns(p, cols);
  for (let j = 0; j < cols; j++) {
    for (let i = 0; i <= Math.min(j, p - 1); i++) r.values[j * p + i] = work.values[j * rows + i]!;
  }
  const q = zeroColumns(rows, p);
  for (let j = 0; j < p; j++) {
    const unit = column(q, j);
    unit[j] = 1;
    for (let k = p - 1; k >= 0; k--) reflect(unit.subarray(k), reflectors[k]!);
  }
  return { q, r };
}

/** The unit vector v for which (1 − 2·v·vᵀ)·x is along the first axis; zero where x is. */
function reflectorOf(x: Float64Array): Float64Array {
  const v = x.slice();
  const length = norm(v);
  if (length === 0) return v;
  v[0] = v[0]! + (v[0]! < 0 ? -length : length);
  const size = norm(v);
  for (let i = 0; i < v.length; i++) v[i] = v[i]! / size;
  return v;
}

function reflect(x: Float64Array, v: Float64Array): void {
  const along = 2 * dot(x, v);
  for (let i = 0; i < x.length; i++) x[i] = x[i]! - along * v[i]!;
}
