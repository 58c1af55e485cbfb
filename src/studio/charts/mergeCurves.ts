// Puts curves with their own x values on one axis, as uPlot wants them: all x in order, and per curve a value or null.
import { type Curve, decimate } from './decimate.ts';

export type AlignedCurves = [number[], ...(number | null)[][]];

/** Both ends of a stretch of x. */
export type XRange = readonly [low: number, high: number];

/** Points drawn per curve: two per pixel of a wide screen; fewer where many curves share the plot. */
const MOST_POINTS = 4000;
const LEAST_POINTS = 400;
const POINTS_IN_ALL = 32_000;

/**
 * `curves` with rising x each, all of them or what is needed to draw `range`, with more points where that is less. Values
 * that are not finite become gaps.
 */
export function mergeCurves(curves: readonly Curve[], range: XRange | null = null): AlignedCurves {
  const share = Math.floor(POINTS_IN_ALL / Math.max(curves.length, 1));
  const limit = Math.min(Math.max(share, LEAST_POINTS), MOST_POINTS);
  const thin = curves.map((curve) => (range ? within(curve, range, limit) : decimate(curve, limit)));
  const x = [...new Set(thin.flatMap((curve) => Array.from(curve.x)))].sort((a, b) => a - b);
  return [x, ...thin.map((curve) => valuesAt(curve, x))];
}

/** The stretch with the points around it, to which its lines go on; and the curve's ends, so that x reaches as far as before. */
function within({ x, y }: Curve, [low, high]: XRange, limit: number): Curve {
  const from = Math.max(placeOf(x, low) - 1, 0);
  const to = Math.min(placeOf(x, high) + 1, x.length);
  const part = (values: ArrayLike<number>, start: number, end: number) =>
    Array.from({ length: Math.max(end - start, 0) }, (_, index) => values[start + index] ?? Number.NaN);
  const inside = decimate({ x: part(x, from, to), y: part(y, from, to) }, limit);
  const withEnds = (values: ArrayLike<number>, thin: ArrayLike<number>) => [
    ...part(values, 0, Math.min(from, 1)),
    ...Array.from(thin),
    ...part(values, Math.max(x.length - 1, to), x.length),
  ];
  return { x: withEnds(x, inside.x), y: withEnds(y, inside.y) };
}

/** The first place in rising `x` that is not below `value`. */
function placeOf(x: ArrayLike<number>, value: number): number {
  let [from, to] = [0, x.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((x[middle] ?? Number.NaN) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The curve's value at each place of `x`; null where it has none. */
function valuesAt(curve: Curve, x: readonly number[]): (number | null)[] {
  let next = 0;
  return x.map((place) => {
    let value: number | null = null;
    for (; (curve.x[next] ?? Number.POSITIVE_INFINITY) <= place; next++) {
      const known = curve.y[next] ?? Number.NaN;
      if (Number.isFinite(known)) value = known;
    }
    return value;
  });
}
