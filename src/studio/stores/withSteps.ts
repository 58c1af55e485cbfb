// A run's curve with what came after it.
import type { StepMetrics } from '../../worker/protocol/runs.ts';

/** A resumed run tells again the steps since its last save: the newer telling counts. */
export function withSteps(metrics: StepMetrics[], steps: StepMetrics[]): StepMetrics[] {
  const first = Math.min(...steps.map(({ step }) => step));
  return [...metrics.filter(({ step }) => step < first), ...steps];
}
