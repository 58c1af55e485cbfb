// Puts curves with their own x values on one axis, as uPlot wants them: all x in order, and per curve a value or null.
import { type Curve, decimate } from './decimate.ts';

export type AlignedCurves = [number[], ...(number | null)[][]];

/** Points drawn per curve at most: two per pixel of a wide screen. */
const POINT_LIMIT = 4000;

/** `curves` with increasing x each. Values that are not finite become gaps. */
export function mergeCurves(curves: readonly Curve[]): AlignedCurves {
  const thin = curves.map((curve) => decimate(curve, POINT_LIMIT));
  const next = thin.map(() => 0);
  const x: number[] = [];
  const columns: (number | null)[][] = thin.map(() => []);
  for (;;) {
    const lowest = Math.min(...thin.map((curve, index) => curve.x[next[index] ?? 0] ?? Number.POSITIVE_INFINITY));
    if (lowest === Number.POSITIVE_INFINITY) return [x, ...columns];
    x.push(lowest);
    thin.forEach((curve, index) => {
      const at = next[index] ?? 0;
      const isHere = curve.x[at] === lowest;
      const value = isHere ? curve.y[at] : undefined;
      columns[index]?.push(value !== undefined && Number.isFinite(value) ? value : null);
      if (isHere) next[index] = at + 1;
    });
  }
}
