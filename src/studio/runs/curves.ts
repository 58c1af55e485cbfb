// A kept run's curves, by step or by time, for the charts of Library and Compare.
import type { EvaluationResult, StepMetrics } from '../../worker/protocol/runs.ts';
import type { Curve } from '../charts/decimate.ts';
import { Smoother, smoothingSpan } from '../charts/smoothing.ts';

export type CurveAxis = 'step' | 'time';

/** x: steps, or seconds since the run's first step. */
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

/** The curve with each value averaged with those before it, as the live chart draws it. `steps`: the run's length. */
export function smoothed({ x, y }: Curve, steps: number): Curve {
  const smoother = new Smoother(smoothingSpan(steps));
  return { x, y: Array.from(y, (value) => smoother.push(value)) };
}
