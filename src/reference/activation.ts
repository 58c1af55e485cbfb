// The activation functions and their slopes in f64, and the gated product y = act(gate)·up with gate | up in each row.

export type ActivationKind = 'gelu' | 'geluTanh' | 'relu' | 'silu';

/** The error function by its series of positive terms, e^(-x²)·2x/√π·Σ (2x²)ⁿ/(2n+1)!! (Abramowitz & Stegun 7.1.6). */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = (2 * x * Math.exp(-x * x)) / Math.sqrt(Math.PI);
  let sum = term;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return sum;
}

const CUBIC = 0.044715;
const ROOT = Math.sqrt(2 / Math.PI);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export function activation(kind: ActivationKind, x: number): number {
  switch (kind) {
    case 'gelu':
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'geluTanh':
      return 0.5 * x * (1 + Math.tanh(ROOT * (x + CUBIC * x ** 3)));
    case 'relu':
      return Math.max(x, 0);
    case 'silu':
      return x * sigmoid(x);
  }
}

export function activationSlope(kind: ActivationKind, x: number): number {
  switch (kind) {
    case 'gelu':
      return 0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
    case 'geluTanh': {
      const tanh = Math.tanh(ROOT * (x + CUBIC * x ** 3));
      // tanh is exactly ±1 where x is large enough for its factor to overflow.
      const slope = Math.abs(tanh) === 1 ? 0 : (1 - tanh * tanh) * ROOT * (1 + 3 * CUBIC * x * x);
      return 0.5 * (1 + tanh) + 0.5 * x * slope;
    }
    case 'relu':
      return x > 0 ? 1 : 0;
    case 'silu':
      return sigmoid(x) * (1 + x * sigmoid(-x));
  }
}

export function gatedForward(kind: ActivationKind, gateUp: ArrayLike<number>, rows: number, inner: number) {
  return Float64Array.from({ length: rows * inner }, (_, i) => {
    const gate = 2 * inner * Math.floor(i / inner) + (i % inner);
    return activation(kind, gateUp[gate]!) * gateUp[gate + inner]!;
  });
}

/** dGateUp of y = act(gate)·up. */
export function gatedBackward(
  kind: ActivationKind,
  gateUp: ArrayLike<number>,
  dy: ArrayLike<number>,
  rows: number,
  inner: number,
) {
  const dGateUp = new Float64Array(2 * rows * inner);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < inner; c++) {
      const gate = 2 * inner * r + c;
      const slope = dy[r * inner + c]!;
      dGateUp[gate] = slope * gateUp[gate + inner]! * activationSlope(kind, gateUp[gate]!);
      dGateUp[gate + inner] = slope * activation(kind, gateUp[gate]!);
    }
  }
  return dGateUp;
}
