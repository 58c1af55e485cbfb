// Curves of several runs on one grid, so that one chart can draw them: runs differ in steps and in pace, a chart wants one
// x for all. Smoothing happens before resampling, on the steps as they were measured.
import type { EvaluationResult, StepMetrics } from '../../../worker/protocol.ts';
import { Smoother, smoothingSpan } from '../../charts/smoothing.ts';

export type CurveAxis = 'step' | 'time';

/** x ascending: steps, or seconds since the run's first step. */
export interface Curve {
  x: number[];
  y: number[];
}

export function lossCurve(metrics: StepMetrics[], axis: CurveAxis): Curve {
  return { x: metrics.map((m) => (axis === 'step' ? m.step : m.elapsedMs / 1000)), y: metrics.map((m) => m.loss) };
}

/** Evaluations happen after a step, so at that step's time; one before the first step stands at 0. */
export function validationCurve(evaluations: EvaluationResult[], metrics: StepMetrics[], axis: CurveAxis): Curve {
  const secondsAt = new Map(metrics.map((m) => [m.step, m.elapsedMs / 1000]));
  const points = evaluations
    .map((e) => ({ x: axis === 'step' ? e.step : e.step === 0 ? 0 : secondsAt.get(e.step), y: e.loss }))
    .filter((point): point is { x: number; y: number } => point.x !== undefined)
    .sort((a, b) => a.x - b.x);
  return { x: points.map((p) => p.x), y: points.map((p) => p.y) };
}

/** Each value's average with those before it, as the live chart draws it. */
export function smooth(values: number[], steps: number): number[] {
  const smoother = new Smoother(smoothingSpan(steps));
  return values.map((value) => smoother.push(value));
}

/** Every x of the curves when they are few, else `maxPoints` even ones; `exact` is always among them. Ascending. */
export function commonGrid(curves: Curve[], exact: number[], maxPoints: number): number[] {
  const all = new Set(curves.flatMap((curve) => curve.x));
  if (all.size > maxPoints) {
    const { low, high } = range([...all]);
    all.clear();
    for (let i = 0; i < maxPoints; i++) all.add(low + ((high - low) * i) / (maxPoints - 1));
  }
  for (const x of exact) all.add(x);
  return [...all].sort((a, b) => a - b);
}

function range(values: number[]): { low: number; high: number } {
  return values.reduce(({ low, high }, value) => ({ low: Math.min(low, value), high: Math.max(high, value) }), {
    low: Number.POSITIVE_INFINITY,
    high: Number.NEGATIVE_INFINITY,
  });
}

/** The curve at every x of the grid by straight lines between its points; null outside of it and beside a NaN. */
export function resample(curve: Curve, grid: number[]): (number | null)[] {
  let next = 0;
  return grid.map((x) => {
    while (next < curve.x.length && (curve.x[next] ?? 0) < x) next++;
    const x1 = curve.x[next];
    const y1 = curve.y[next];
    if (x1 === undefined || y1 === undefined) return null;
    if (x1 === x) return finite(y1);
    const x0 = curve.x[next - 1];
    const y0 = curve.y[next - 1];
    if (x0 === undefined || y0 === undefined) return null;
    return finite(y0 + ((y1 - y0) * (x - x0)) / (x1 - x0));
  });
}

/** The curve's own points only, null elsewhere: for points drawn without a line between them. */
export function scatter(curve: Curve, grid: number[]): (number | null)[] {
  const at = new Map(curve.x.map((x, i) => [x, curve.y[i]]));
  return grid.map((x) => finite(at.get(x)));
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
