// The LoRA linear in plain loops, in f64, for one group of rows and one target matrix:
// y = x·Wᵀ + bias + s·((m∘x)·Aᵀ)·Bᵀ, and its gradients. m is dropout's mask, or all ones.

type Numbers = ArrayLike<number>;

export interface LinearCase {
  rows: number;
  inner: number;
  cols: number;
  rank: number;
  x: Numbers;
  weight: Numbers;
  bias?: Numbers;
  a: Numbers;
  b: Numbers;
  scaling: number;
  mask?: Numbers;
}

/** [m, k] · [n, k]ᵀ */
export function timesTransposed(left: Numbers, right: Numbers, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let q = 0; q < k; q++) sum += left[i * k + q]! * right[j * k + q]!;
      out[i * n + j] = sum;
    }
  }
  return out;
}

/** [m, k] · [k, n] */
export function times(left: Numbers, right: Numbers, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let q = 0; q < k; q++)
      for (let j = 0; j < n; j++) out[i * n + j] = out[i * n + j]! + left[i * k + q]! * right[q * n + j]!;
  }
  return out;
}

/** [k, m]ᵀ · [k, n] */
export function transposedTimes(left: Numbers, right: Numbers, m: number, n: number, k: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let q = 0; q < k; q++) {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) out[i * n + j] = out[i * n + j]! + left[q * m + i]! * right[q * n + j]!;
  }
  return out;
}

function masked({ x, mask, rows, inner }: LinearCase): Float64Array {
  return Float64Array.from({ length: rows * inner }, (_, i) => x[i]! * (mask?.[i] ?? 1));
}

export function linearForward(c: LinearCase): { y: Float64Array; u: Float64Array } {
  const u = timesTransposed(masked(c), c.a, c.rows, c.rank, c.inner);
  const y = timesTransposed(c.x, c.weight, c.rows, c.cols, c.inner);
  const low = timesTransposed(u, c.b, c.rows, c.cols, c.rank);
  return { y: y.map((value, i) => value + c.scaling * low[i]! + (c.bias?.[i % c.cols] ?? 0)), u };
}

/** Gradients of sum(dy ∘ y). */
export function linearBackward(c: LinearCase, dy: Numbers) {
  const { u } = linearForward(c);
  const v = times(dy, c.b, c.rows, c.rank, c.cols);
  const frozen = times(dy, c.weight, c.rows, c.inner, c.cols);
  const low = times(v, c.a, c.rows, c.inner, c.rank);
  const scaled = (values: Float64Array) => values.map((value) => value * c.scaling);
  return {
    v,
    dx: frozen.map((value, i) => value + c.scaling * low[i]! * (c.mask?.[i] ?? 1)),
    da: scaled(transposedTimes(v, masked(c), c.rank, c.inner, c.rows)),
    db: scaled(transposedTimes(dy, u, c.cols, c.rank, c.rows)),
  };
}
