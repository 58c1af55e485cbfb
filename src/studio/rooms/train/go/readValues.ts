// The numbers of the read-outs, from the newest metrics; before a run, what the plan knows.
import { formatBytes, formatDuration, formatExact, formatLoss, formatRate } from '../../../format.ts';
import type { MetricSeries } from '../../../stores/liveMetrics.ts';
import type { RunState } from '../../../stores/runStore.ts';
import { type PlanStatus, shownPlan } from '../../../stores/settingsStore.ts';

export const READOUTS = ['Loss', 'Held-out loss', 'Step', 'Tokens/s', 'Elapsed', 'Time left', 'GPU memory'] as const;

/** One text per read-out; null shows as a dash. */
export function readValues(
  store: { state: RunState; metrics: MetricSeries },
  planStatus: PlanStatus,
): (string | null)[] {
  const { state, metrics } = store;
  const run = state.kind === 'shown' ? state.run : null;
  // A refused plan may have no numbers.
  const plan = run?.plan ?? shownPlan(planStatus);
  const steps = run?.steps ?? (plan?.steps || null);
  const step = metrics.last('step') ?? run?.step ?? 0;
  const loss = metrics.last('smoothed');
  const heldOut = run?.evaluations.at(-1);
  const elapsedMs = metrics.last('elapsedMs');
  const rate = metrics.last('tokensPerSecond');
  return [
    loss === null ? null : formatLoss(loss),
    heldOut === undefined ? null : formatLoss(heldOut.loss),
    steps === null ? null : `${formatExact(step)} / ${formatExact(steps)}`,
    rate === null || !Number.isFinite(rate) ? null : formatRate(rate),
    elapsedMs === null ? null : formatDuration(elapsedMs),
    timeLeft(run?.status === 'running' ? metrics : null, steps),
    plan?.memory.total ? formatBytes(plan.memory.total) : null,
  ];
}

/** At the mean pace so far. */
function timeLeft(metrics: MetricSeries | null, steps: number | null): string | null {
  const step = metrics?.last('step') ?? null;
  const elapsedMs = metrics?.last('elapsedMs') ?? null;
  if (step === null || elapsedMs === null || steps === null || step < 2) return null;
  return formatDuration((elapsedMs / step) * (steps - step));
}
