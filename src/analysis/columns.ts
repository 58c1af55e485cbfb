// Dense matrices of a few columns in f64, column by column: what the factors of an adapter, and bases of subspaces, are.

export interface Columns {
  readonly rows: number;
  readonly cols: number;
  /** Column j is elements [j·rows, (j + 1)·rows). */
  readonly values: Float64Array;
}

export function zeroColumns(rows: number, cols: number): Columns {
  return { rows, cols, values: new Float64Array(rows * cols) };
}

/** Column j, as a view. */
export function column({ rows, values }: Columns, j: number): Float64Array {
  return values.subarray(j * rows, (j + 1) * rows);
}

/** The transpose of a row-major matrix [rank, size]: its rows as columns. */
export function fromRows(rowMajor: ArrayLike<number>, size: number): Columns {
  return { rows: size, cols: rowMajor.length / size, values: Float64Array.from(rowMajor) };
}

/** A row-major matrix [rows, cols], times `scale`. */
export function fromRowMajor(rowMajor: ArrayLike<number>, rows: number, scale = 1): Columns {
  const cols = rowMajor.length / rows;
  const values = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) values[j * rows + i] = scale * rowMajor[i * cols + j]!;
  return { rows, cols, values };
}

/** Left · right. */
export function multiply(left: Columns, right: Columns): Columns {
  if (left.cols !== right.rows) throw new RangeError(`multiply: [${left.rows}, ${left.cols}] · [${right.rows}, …]`);
  const product = zeroColumns(left.rows, right.cols);
  for (let j = 0; j < right.cols; j++) {
    const into = column(product, j);
    for (let inner = 0; inner < left.cols; inner++) {
      addScaled(into, column(left, inner), right.values[j * right.rows + inner]!);
    }
  }
  return product;
}

/** Leftᵀ · right. */
export function multiplyTransposed(left: Columns, right: Columns): Columns {
  if (left.rows !== right.rows) throw new RangeError(`multiplyTransposed: ${left.rows} rows and ${right.rows} rows`);
  const product = zeroColumns(left.cols, right.cols);
  for (let j = 0; j < right.cols; j++) {
    for (let i = 0; i < left.cols; i++) product.values[j * left.cols + i] = dot(column(left, i), column(right, j));
  }
  return product;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Adds scale·from to `into`. */
export function addScaled(into: Float64Array, from: Float64Array, scale: number): void {
  for (let i = 0; i < into.length; i++) into[i] = into[i]! + scale * from[i]!;
}

/** Square root of the sum of squares, without overflow where the values are not huge themselves. */
export function norm(values: Float64Array): number {
  return Math.sqrt(dot(values, values));
}

/** Lets other work have its turn where this one has lasted; rejects once the work is cancelled. */
export type Breathe = () => Promise<void>;
