// chrF (Popović, 2015) as sacreBLEU computes it: F2 of character n-grams of orders 1 to 6, blanks left out, case kept. Of
// several references the one that agrees best counts.
import { countEach, splitWords } from './pythonText.ts';

const ORDERS = 6;
/** Recall counts so many times as much as precision, squared. */
const BETA_SQUARED = 4;

/** Words of an answer's statistics: for each order its n-grams, the reference's, and those they share. */
export const CHRF_WORDS = 3 * ORDERS;

/** Counts of one answer against the reference that it agrees with best. */
export function chrfCounts(answer: string, references: readonly string[]): number[] {
  const theirs = charNgrams(answer);
  let best: number[] = [];
  let bestScore = -1;
  for (const reference of references) {
    const counts = charNgrams(reference).flatMap((known, i) => matchCounts(theirs[i]!, known));
    const score = chrfOf(counts);
    if (score > bestScore) [best, bestScore] = [counts, score];
  }
  return best;
}

/** chrF from 0 to 100 of summed counts. */
export function chrfOf(sums: ArrayLike<number>): number {
  let [precision, recall, orders] = [0, 0, 0];
  for (let order = 0; order < ORDERS; order++) {
    const [ours, theirs, shared] = [sums[3 * order]!, sums[3 * order + 1]!, sums[3 * order + 2]!];
    if (ours === 0 || theirs === 0) continue;
    precision += shared / ours;
    recall += shared / theirs;
    orders++;
  }
  if (precision + recall === 0) return 0;
  precision /= orders;
  recall /= orders;
  return (100 * (1 + BETA_SQUARED) * precision * recall) / (BETA_SQUARED * precision + recall);
}

function charNgrams(text: string): Map<string, number>[] {
  const characters = Array.from(splitWords(text).join(''));
  return Array.from({ length: ORDERS }, (_, i) => {
    const found: string[] = [];
    for (let at = 0; at + i < characters.length; at++) found.push(characters.slice(at, at + i + 1).join(''));
    return countEach(found);
  });
}

function matchCounts(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): number[] {
  let [all, known, shared] = [0, 0, 0];
  for (const count of theirs.values()) known += count;
  for (const [ngram, count] of ours) {
    all += count;
    shared += Math.min(count, theirs.get(ngram) ?? 0);
  }
  // An order that the reference is too short for says nothing.
  return [theirs.size > 0 ? all : 0, known, shared];
}
