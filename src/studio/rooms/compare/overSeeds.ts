// Runs that differ in their seed alone are one value, with the spread between seeds as its noise.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import type { Estimate, QualityMeasure } from './quality.ts';

/** Runs of one rank and the same settings, seeds aside. */
export interface Candidate {
  rank: number;
  runs: RunRecord[];
  estimate: Estimate;
}

/** 97.5 % points of Student's t for 1 to 9 degrees of freedom. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** In the order of their first runs. */
export function candidatesOf(runs: readonly RunRecord[], measure: QualityMeasure): Candidate[] {
  const groups = new Map<string, RunRecord[]>();
  for (const run of runs) {
    if (measure.of(run) === null) continue;
    const { seed: _, ...training } = run.settings.training;
    const key = JSON.stringify([run.settings.adapter, training, run.model, run.data.name, run.isImported && run.id]);
    const group = groups.get(key) ?? [];
    // The same run again is no second sample of the noise.
    const isAgain = group.some(({ settings }) => settings.training.seed === run.settings.training.seed);
    if (!isAgain) groups.set(key, [...group, run]);
  }
  return [...groups.values()].map((group) => ({
    rank: group[0]?.settings.adapter.rank ?? 0,
    runs: group,
    estimate: overSeeds(group.flatMap((run) => measure.of(run) ?? [])),
  }));
}

/** The mean; its interval is the wider of what the spread between seeds says and the mean of their own. */
function overSeeds(estimates: readonly Estimate[]): Estimate {
  const [first] = estimates;
  if (first && estimates.length === 1) return first;
  const n = estimates.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const value = mean(estimates.map((estimate) => estimate.value));
  const deviation = Math.sqrt(estimates.reduce((sum, estimate) => sum + (estimate.value - value) ** 2, 0) / (n - 1));
  const between = ((STUDENT[n - 2] ?? 1.96) * deviation) / Math.sqrt(n);
  const own = estimates.filter(hasInterval);
  const below = own.length === n ? mean(own.map((one) => one.value - one.low)) : 0;
  const above = own.length === n ? mean(own.map((one) => one.high - one.value)) : 0;
  return { value, low: value - Math.max(between, below), high: value + Math.max(between, above) };
}

export function hasInterval(estimate: Estimate): estimate is Required<Estimate> {
  return estimate.low !== undefined && estimate.high !== undefined;
}
