// Which differences are beyond noise: for one score the best answerer, those that the data cannot tell from it, and those
// that are worse in nearly every resample.
import { differenceOf, type Resampled } from './resampling.ts';
import type { ScoreName } from './scoreTypes.ts';

export const SCORE_NAMES: readonly ScoreName[] = [
  'loss',
  'perplexity',
  'tokenAccuracy',
  'exactMatch',
  'bleu',
  'rougeL',
  'chrf',
];

export interface Verdict {
  readonly name: ScoreName;
  /** Places of answerers. */
  readonly best: number;
  readonly withinNoise: readonly number[];
  readonly worse: readonly number[];
}

export function isLowerBetter(name: ScoreName): boolean {
  return name === 'loss' || name === 'perplexity';
}

/** Of every score that two answerers or more have. The first of equals is the best. */
export function verdictsOf(answerers: readonly Resampled[]): Verdict[] {
  return SCORE_NAMES.flatMap((name) => {
    const value = (place: number) => (answerers[place]?.get(name)?.value ?? 0) * (isLowerBetter(name) ? -1 : 1);
    const places = [...answerers.keys()].filter((place) => answerers[place]?.has(name));
    if (places.length < 2) return [];
    const best = places.reduce((top, place) => (value(place) > value(top) ? place : top));
    const others = places.filter((place) => place !== best);
    const isWorse = (place: number) => differenceOf(answerers[best]!, answerers[place]!, name)?.isBeyondNoise === true;
    return [{ name, best, withinNoise: others.filter((place) => !isWorse(place)), worse: others.filter(isWorse) }];
  });
}
