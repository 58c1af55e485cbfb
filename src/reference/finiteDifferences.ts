// Central differences in f64: the gradient of a scalar function, for checking a hand-written backward.

/** d loss / d x at `x`, one element at a time, by (f(x+h) − f(x−h)) / 2h. */
export function finiteDifferences(loss: (x: Float64Array) => number, x: Float64Array, step = 1e-5): Float64Array {
  const at = Float64Array.from(x);
  return x.map((value, i) => {
    at[i] = value + step;
    const above = loss(at);
    at[i] = value - step;
    const below = loss(at);
    at[i] = value;
    return (above - below) / (2 * step);
  });
}
