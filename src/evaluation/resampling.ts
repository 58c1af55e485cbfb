// How sure a score is, and a difference of two: paired bootstrap resampling (Koehn, 2004). Questions are drawn with
// replacement, the same ones for every answerer, and each score is computed anew from the sums of what was drawn: a corpus
// score such as BLEU is no mean of its rows.
import { hash32 } from '../data/random.ts';
import type { Measured } from './evaluate.ts';
import type { Asked } from './questions.ts';
import { BLEU_WORDS, bleuCounts, bleuOf } from './scores/bleu.ts';
import { CHRF_WORDS, chrfCounts, chrfOf } from './scores/chrf.ts';
import { isExactMatch } from './scores/exactMatch.ts';
import { rougeL } from './scores/rougeL.ts';
import type { Score, ScoreName, Scores } from './scoreTypes.ts';

export const RESAMPLES = 1000;
/** Tells these draws from every other use of the seed. */
const RESAMPLING_STREAM = 0x7265_7361;

const BLEU_AT = 5;
const CHRF_AT = BLEU_AT + BLEU_WORDS;
const WORDS = CHRF_AT + CHRF_WORDS;

/** From sums over questions: [loss, tokens, hits, exact matches, ROUGE-L, BLEU's counts, chrF's counts]. */
type Scorer = (sums: Float64Array, questions: number) => number;

const LOSS_SCORERS: readonly (readonly [ScoreName, Scorer])[] = [
  ['loss', (sums) => sums[0]! / sums[1]!],
  ['perplexity', (sums) => Math.exp(sums[0]! / sums[1]!)],
  ['tokenAccuracy', (sums) => sums[2]! / sums[1]!],
];
const ANSWER_SCORERS: readonly (readonly [ScoreName, Scorer])[] = [
  ['exactMatch', (sums, questions) => sums[3]! / questions],
  ['bleu', (sums) => bleuOf(sums.subarray(BLEU_AT, CHRF_AT))],
  ['rougeL', (sums, questions) => (100 * sums[4]!) / questions],
  ['chrf', (sums) => chrfOf(sums.subarray(CHRF_AT, WORDS))],
];

/** One answerer's score by name, on all questions and on every resample. */
export type Resampled = ReadonlyMap<ScoreName, { readonly value: number; readonly samples: Float64Array }>;

/** All of the same questions, so that differences are paired. Seeded: equal input gives equal intervals. */
export function resample(asked: readonly Asked[], measured: readonly Measured[], seed: number): Resampled[] {
  const count = asked.length;
  const statistics = measured.map((each) => statisticsOf(asked, each));
  const scorers = measured.map(({ answers }) => (answers ? [...LOSS_SCORERS, ...ANSWER_SCORERS] : LOSS_SCORERS));
  const everyOne = Uint32Array.from({ length: count }, (_, i) => i);
  const resampled = measured.map((_, which) => {
    const sums = sumOf(statistics[which]!, everyOne);
    return new Map(
      scorers[which]!.map(([name, score]) => [
        name,
        { value: score(sums, count), samples: new Float64Array(RESAMPLES) },
      ]),
    );
  });
  const drawn = new Uint32Array(count);
  for (let sample = 0; sample < RESAMPLES; sample++) {
    for (let i = 0; i < count; i++) {
      drawn[i] = Math.floor((hash32(seed, RESAMPLING_STREAM, sample * count + i) / 2 ** 32) * count);
    }
    for (const [which, scores] of resampled.entries()) {
      const sums = sumOf(statistics[which]!, drawn);
      for (const [name, score] of scorers[which]!) scores.get(name)!.samples[sample] = score(sums, count);
    }
  }
  return resampled;
}

export function scoresOf(resampled: Resampled, questions: number): Scores {
  const scores: Partial<Record<ScoreName, Score>> = {};
  for (const [name, { value, samples }] of resampled) scores[name] = { value, ...intervalOf(samples), n: questions };
  return scores;
}

/** `second` less `first`, and whether all but a fortieth of the resamples on either side agree on who is higher. */
export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly isBeyondNoise: boolean;
}

/** Undefined where one of them has no such score. */
export function differenceOf(first: Resampled, second: Resampled, name: ScoreName): Difference | undefined {
  const [a, b] = [first.get(name), second.get(name)];
  if (!a || !b) return undefined;
  const { low, high } = intervalOf(b.samples.map((sample, i) => sample - a.samples[i]!));
  return { value: b.value - a.value, low, high, isBeyondNoise: low > 0 || high < 0 };
}

/** The middle 95 %, as sacreBLEU cuts it. */
function intervalOf(samples: Float64Array): { low: number; high: number } {
  const sorted = samples.slice().sort();
  const cut = Math.floor(sorted.length / 40);
  return { low: sorted[cut]!, high: sorted[sorted.length - 1 - cut]! };
}

/** [questions, WORDS] */
function statisticsOf(asked: readonly Asked[], { losses, answers }: Measured): Float64Array {
  const words = new Float64Array(asked.length * WORDS);
  for (const [i, { references }] of asked.entries()) {
    const { loss, tokens, hits } = losses[i]!;
    words.set([loss, tokens, hits], i * WORDS);
    const answer = answers?.[i];
    if (answer === undefined || references.length === 0) continue;
    const text = answer.trim();
    words.set([isExactMatch(text, references) ? 1 : 0, rougeL(text, references)], i * WORDS + 3);
    words.set(bleuCounts(text, references), i * WORDS + BLEU_AT);
    words.set(chrfCounts(text, references), i * WORDS + CHRF_AT);
  }
  return words;
}

function sumOf(statistics: Float64Array, rows: Uint32Array): Float64Array {
  const sums = new Float64Array(WORDS);
  for (const row of rows) {
    const start = row * WORDS;
    for (let word = 0; word < WORDS; word++) sums[word]! += statistics[start + word]!;
  }
  return sums;
}
