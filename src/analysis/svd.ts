// Singular values and vectors of small matrices: one-sided Jacobi (Hestenes 1958; Demmel and Veselić 1992), which finds
// small singular values to high relative accuracy. Written here because it is forty lines, and ml-matrix's SVD holds
// matrices as arrays of rows and ends with absolute accuracy only.
import { type Columns, column, dot, multiply, norm, zeroColumns } from './columns.ts';
import { thinQr } from './thinQr.ts';

/** m = U · diag(values) · Vᵀ, values falling; p = min(rows, cols) of each. */
export interface Svd {
  /** [rows, p] */
  readonly u: Columns;
  readonly values: Float64Array;
  /** [cols, p] */
  readonly v: Columns;
}

/** Pairs of columns count as orthogonal below this cosine. */
const COSINE_TOLERANCE = 1e-14;
const MAX_SWEEPS = 60;

/** For matrices with at least as many rows as columns; a wide one is turned first, and a tall one is reduced by QR. */
export function svd(m: Columns): Svd {
  if (m.rows < m.cols) {
    const { u, values, v } = svd(transposed(m));
    return { u: v, values, v: u };
  }
  if (m.rows > m.cols) {
    const { q, r } = thinQr(m);
    const { u, values, v } = svd(r);
    return { u: multiply(q, u), values, v };
  }
  return squareSvd(m);
}

export function transposed({ rows, cols, values }: Columns): Columns {
  const turned = zeroColumns(cols, rows);
  for (let j = 0; j < cols; j++) for (let i = 0; i < rows; i++) turned.values[i * cols + j] = values[j * rows + i]!;
  return turned;
}

/** Rotates pairs of columns of W = M·V until all are orthogonal: their lengths are the singular values. */
function squareSvd(m: Columns): Svd {
  const n = m.cols;
  const work: Columns = { rows: n, cols: n, values: m.values.slice() };
  const v = zeroColumns(n, n);
  for (let j = 0; j < n; j++) v.values[j * n + j] = 1;
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let isDone = true;
    for (let i = 0; i < n - 1; i++) for (let j = i + 1; j < n; j++) if (orthogonalize(work, v, i, j)) isDone = false;
    if (isDone) break;
  }
  const lengths = Array.from({ length: n }, (_, j) => norm(column(work, j)));
  const order = lengths.map((_, j) => j).sort((a, b) => lengths[b]! - lengths[a]!);
  const sorted = zeroColumns(n, n);
  const u = zeroColumns(n, n);
  order.forEach((from, to) => {
    column(sorted, to).set(column(v, from));
    column(u, to).set(column(work, from));
  });
  const values = Float64Array.from(order, (from) => lengths[from]!);
  return { u: normalized(u, values), values, v: sorted };
}

/** Whether columns i and j had to be turned. */
function orthogonalize(work: Columns, v: Columns, i: number, j: number): boolean {
  const [x, y] = [column(work, i), column(work, j)];
  const [a, b, c] = [dot(x, x), dot(y, y), dot(x, y)];
  if (c === 0 || Math.abs(c) <= COSINE_TOLERANCE * Math.sqrt(a * b)) return false;
  const zeta = (b - a) / (2 * c);
  const tangent = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  rotate(x, y, cosine, cosine * tangent);
  rotate(column(v, i), column(v, j), cosine, cosine * tangent);
  return true;
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < x.length; k++) {
    const [p, q] = [x[k]!, y[k]!];
    x[k] = cosine * p - sine * q;
    y[k] = sine * p + cosine * q;
  }
}

/** Columns made unit; those of singular value zero, which come last, are completed to an orthonormal set. */
function normalized(u: Columns, values: Float64Array): Columns {
  const isZero = (value: number) => value <= (values[0] ?? 0) * Number.EPSILON * 1e-8;
  values.forEach((value, j) => {
    const into = column(u, j);
    for (let k = 0; k < into.length; k++) into[k] = isZero(value) ? 0 : into[k]! / value;
  });
  if (!values.some(isZero)) return u;
  // Householder's Q has the leading columns, up to their signs, and goes on with columns orthogonal to them.
  const { q } = thinQr(u);
  values.forEach((value, j) => {
    if (isZero(value)) column(u, j).set(column(q, j));
  });
  return u;
}
