// The largest singular values of a frozen matrix, which is only ever multiplied by vectors: Golub and Kahan's
// bidiagonalization (1965) from a random start, with full reorthogonalization. After k steps W·V = U·B with B upper
// bidiagonal [k, k], and each singular value of B is within |β_k·p_k| of one of W, p_k the last component of its left
// vector: steps are added until that bound is small for all that are asked for.
import { addScaled, type Breathe, type Columns, column, dot, norm, zeroColumns } from './columns.ts';
import { type FrozenMatrix, timesVector, transposedTimesVector } from './frozenMatrix.ts';
import { gaussian } from './gaussian.ts';
import { svd } from './svd.ts';

/** Largest bound on the error of a value, as a share of the largest value. What is seen is the bound's square over a gap. */
export const SINGULAR_VALUE_TOLERANCE = 1e-6;

export interface TopOptions {
  readonly count: number;
  readonly seed: number;
  readonly breathe: Breathe;
}

/** `count` values, falling (fewer where the matrix has fewer). */
export async function topSingularValues(w: FrozenMatrix, { count, seed, breathe }: TopOptions): Promise<Float64Array> {
  const most = Math.min(w.rows, w.cols);
  const wanted = Math.min(count, most);
  const lanczos = new Bidiagonalization(w, seed);
  for (let steps = wanted + 8; ; steps = Math.ceil(steps * 1.4)) {
    const goal = Math.min(steps, most);
    while (lanczos.steps < goal) {
      lanczos.step();
      await breathe();
    }
    const { values, errors } = lanczos.ritz();
    await breathe();
    const bound = SINGULAR_VALUE_TOLERANCE * (values[0] ?? 0);
    if (goal === most || errors.subarray(0, wanted).every((error) => error <= bound)) return values.slice(0, wanted);
  }
}

class Bidiagonalization {
  /** Onto the longer side and back: a wide matrix is taken turned, so that as many steps as its short side end it. */
  private readonly onto: (v: Float64Array) => Float64Array;
  private readonly back: (u: Float64Array) => Float64Array;
  private readonly size: number;
  private readonly starts: Columns;
  private readonly left: Float64Array[] = [];
  private readonly right: Float64Array[] = [];
  private readonly diagonal: number[] = [];
  /** Element j stands right of diagonal element j. */
  private readonly above: number[] = [];

  constructor(w: FrozenMatrix, seed: number) {
    const isWide = w.rows < w.cols;
    this.onto = (v) => (isWide ? transposedTimesVector(w, v) : timesVector(w, v));
    this.back = (u) => (isWide ? timesVector(w, u) : transposedTimesVector(w, u));
    this.size = Math.min(w.rows, w.cols);
    // The first column starts; the others take over where a space is exhausted.
    this.starts = gaussian(Math.max(w.rows, w.cols), 2, seed);
    this.right.push(unit(this.fresh(this.size, 0), []).vector);
  }

  get steps(): number {
    return this.diagonal.length;
  }

  step(): void {
    const j = this.diagonal.length;
    const v = this.right[j]!;
    const u = this.onto(v);
    if (j > 0) addScaled(u, this.left[j - 1]!, -this.above[j - 1]!);
    const next = this.extended(u, this.left, 1);
    this.left.push(next.vector);
    this.diagonal.push(next.length);
    const back = this.back(next.vector);
    addScaled(back, v, -next.length);
    if (this.right.length < this.size) {
      const following = this.extended(back, this.right, 0);
      this.right.push(following.vector);
      this.above.push(following.length);
    } else {
      this.above.push(0);
    }
  }

  /** Singular values of B, falling, and the bound of each one's error. */
  ritz(): { values: Float64Array; errors: Float64Array } {
    const k = this.diagonal.length;
    const b = zeroColumns(k, k);
    for (let j = 0; j < k; j++) {
      b.values[j * k + j] = this.diagonal[j]!;
      if (j > 0) b.values[j * k + j - 1] = this.above[j - 1]!;
    }
    const { u, values } = svd(b);
    const last = this.above[k - 1]!;
    return { values, errors: values.map((_, i) => Math.abs(last * column(u, i)[k - 1]!)) };
  }

  /** The next vector of a basis and its length before; where nothing is left of it, any other direction, of length 0. */
  private extended(vector: Float64Array, basis: readonly Float64Array[], which: number) {
    const scale = Math.max(...this.diagonal.map(Math.abs), norm(vector));
    const next = unit(vector, basis);
    if (next.length > scale * 1e-13 && next.length > 0) return next;
    return { vector: unit(this.fresh(vector.length, which), basis).vector, length: 0 };
  }

  private fresh(size: number, which: number): Float64Array {
    const shift = this.diagonal.length;
    const start = column(this.starts, which).subarray(0, size);
    return start.map((_, i) => start[(i * 7 + shift * 13) % size]! + start[i]!);
  }
}

/** `vector` without its part in `basis`, made unit. Subtracted twice, which is enough (Giraud et al. 2005). */
function unit(vector: Float64Array, basis: readonly Float64Array[]): { vector: Float64Array; length: number } {
  for (let pass = 0; pass < 2; pass++) {
    for (const known of basis) addScaled(vector, known, -dot(known, vector));
  }
  const length = norm(vector);
  return { vector: length === 0 ? vector : vector.map((value) => value / length), length };
}
