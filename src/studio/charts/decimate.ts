// Thins a long curve for drawing: from every bucket of points its lowest and its highest, in their order, so that no
// spike is lost. First and last points stay.

export interface Curve {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** At most about `limit` points; the curve itself when it has no more. */
export function decimate(curve: Curve, limit: number): Curve {
  const count = curve.x.length;
  if (count <= limit) return curve;
  const buckets = Math.max(Math.floor((limit - 2) / 2), 1);
  const x: number[] = [];
  const y: number[] = [];
  const keep = (index: number) => {
    x.push(curve.x[index] ?? Number.NaN);
    y.push(curve.y[index] ?? Number.NaN);
  };
  keep(0);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * (count - 2)) / buckets);
    const to = 1 + Math.floor(((bucket + 1) * (count - 2)) / buckets);
    const { low, high } = extremes(curve.y, from, to);
    keep(Math.min(low, high));
    if (low !== high) keep(Math.max(low, high));
  }
  keep(count - 1);
  return { x, y };
}

/** Places of the lowest and the highest value; the first place where none is finite. */
function extremes(values: ArrayLike<number>, from: number, to: number): { low: number; high: number } {
  const found = { low: from, high: from };
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = from; index < to; index++) {
    const value = values[index] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    if (value < lowest) [lowest, found.low] = [value, index];
    if (value > highest) [highest, found.high] = [value, index];
  }
  return found;
}
