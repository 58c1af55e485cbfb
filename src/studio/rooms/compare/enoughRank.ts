// The smallest rank that is good enough: whose score is within noise of the best. Two values are within noise where the 95 %
// interval of their difference holds zero, found from their own intervals (Zou and Donner, Statistics in Medicine, 2008).
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { splitFields } from '../../runs/runFields.ts';
import { type Candidate, candidatesOf, hasInterval } from './overSeeds.ts';
import type { Estimate, QualityMeasure } from './quality.ts';

/**
 * One or two plain sentences; null where fewer than two ranks were measured. `evaluation`: answers to the same questions,
 * whose differences are paired and say more than the intervals do.
 */
export function enoughRank(
  runs: readonly RunRecord[],
  measure: QualityMeasure,
  evaluation: Evaluation | null,
): string | null {
  const candidates = candidatesOf(runs, measure);
  if (new Set(candidates.map(({ rank }) => rank)).size < 2) return null;
  const isBetter = (a: Estimate, b: Estimate) => (measure.better === 'low' ? a.value < b.value : a.value > b.value);
  const best = candidates.reduce((top, one) => (isBetter(one.estimate, top.estimate) ? one : top));
  const byRank = [...candidates].sort((a, b) => a.rank - b.rank);
  const caveat = otherDifferences(runs);
  // Words are written small, names as they are.
  const label = measure.label.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  const said = ({ estimate, runs: seeds }: Candidate) =>
    textOf(estimate, measure) + (seeds.length > 1 ? ` over ${seeds.length} seeds` : '');
  if (!hasInterval(best.estimate)) {
    const isClose = ({ value }: Estimate) =>
      Math.abs(value - best.estimate.value) <= 0.01 * Math.abs(best.estimate.value);
    const nearly = byRank.find(({ rank, estimate }) => rank < best.rank && isClose(estimate));
    const close = nearly ? ` Rank ${nearly.rank} comes within 1 % of it, with ${said(nearly)}.` : '';
    return `The best ${label} is ${said(best)}, at rank ${best.rank}.${close} How much of that is noise is not known: evaluate these runs, or train more seeds.${caveat}`;
  }
  const enough = byRank.find((one) => one === best || isEqual(one, best, measure, evaluation));
  if (!enough || enough.rank >= best.rank) {
    const smaller = byRank.some(({ rank }) => rank < best.rank);
    const why = smaller ? 'every smaller rank is worse by more than noise' : 'no smaller rank was compared';
    return `Rank ${best.rank} is the smallest that is enough here: its ${label}, ${said(best)}, is the best, and ${why}.${caveat}`;
  }
  return `Rank ${enough.rank} is enough here: its ${label}, ${said(enough)}, is within noise of the best, ${said(best)} at rank ${best.rank}.${caveat}`;
}

function isEqual(
  one: Candidate,
  best: Candidate,
  { score, better }: QualityMeasure,
  evaluation: Evaluation | null,
): boolean {
  const verdict =
    evaluation?.dataKey === score?.dataKey && evaluation?.verdicts.find(({ name }) => name === score?.name);
  const placeOf = ({ runs: [run, ...others] }: Candidate) =>
    others.length > 0 ? undefined : evaluation?.answerers.findIndex(({ runId }) => runId === run?.id);
  const place = placeOf(one);
  if (verdict && place !== undefined && placeOf(best) === verdict.best) return verdict.withinNoise.includes(place);
  return isWithinNoise(one.estimate, best.estimate, better);
}

export function isWithinNoise(one: Estimate, best: Estimate, better: 'low' | 'high'): boolean {
  if (!hasInterval(best)) return false;
  const { low = one.value, high = one.value } = one;
  const difference = Math.abs(best.value - one.value);
  const noise =
    better === 'high'
      ? Math.hypot(best.value - best.low, high - one.value)
      : Math.hypot(best.high - best.value, one.value - low);
  return difference <= noise;
}

/** What else differs: then it is not the rank alone that is compared. */
function otherDifferences(runs: readonly RunRecord[]): string {
  const others = splitFields([...runs]).differing.filter(({ key }) => !['rank', 'alpha', 'seed'].includes(key));
  if (others.length === 0) return '';
  return ` These runs also differ in ${others.map(({ label }) => label.toLowerCase()).join(', ')}.`;
}

export function textOf(estimate: Estimate, { format }: Pick<QualityMeasure, 'format'>): string {
  if (!hasInterval(estimate)) return format(estimate.value);
  return `${format(estimate.value)} [${format(estimate.low)} to ${format(estimate.high)}]`;
}
