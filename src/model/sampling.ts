// Which token comes next, given its logits. The steps and their order are those of transformers' generate: repetition
// penalty, temperature, top-k, top-p, then a draw. All on the CPU in f64, from one row of logits.
import { ModelError, NOT_FINITE } from './modelError.ts';

export interface SamplingSettings {
  /** 0 takes the best token (the lowest id where several are equal); nothing below it is then used but the penalty. */
  readonly temperature: number;
  /** Only the k best tokens, and those equal to the last of them; 0 is off. */
  readonly topK: number;
  /** Only the best tokens whose probabilities together reach p; 1 is off. */
  readonly topP: number;
  /** Logits of tokens already in prompt or answer are divided by this where positive, multiplied where negative; 1 is off. */
  readonly repetitionPenalty: number;
  /** The same seed draws the same tokens from the same logits. */
  readonly seed: number;
}

export const GREEDY: SamplingSettings = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };

/** A setting outside its range. */
export class SamplingError extends Error {
  override name = 'SamplingError';
}

/** Throws SamplingError, naming the setting. */
function checkSampling(s: SamplingSettings): void {
  const expect = (isRight: boolean, what: string, got: number) => {
    if (!isRight) throw new SamplingError(`${what}, got ${got}.`);
  };
  expect(Number.isFinite(s.temperature) && s.temperature >= 0, 'temperature: expected 0 or more', s.temperature);
  expect(Number.isInteger(s.topK) && s.topK >= 0, 'top-k: expected a whole number, 0 for off', s.topK);
  expect(s.topP > 0 && s.topP <= 1, 'top-p: expected more than 0 and at most 1', s.topP);
  expect(s.repetitionPenalty > 0, 'repetition penalty: expected more than 0', s.repetitionPenalty);
  expect(Number.isInteger(s.seed) && s.seed >= 0, 'seed: expected a whole number from 0', s.seed);
}

/** Tokens that may still come, with their scores; `ids` ascending. */
export interface Candidates {
  readonly ids: Uint32Array;
  readonly scores: Float64Array;
}

/** Draws one answer's tokens, one after another. */
export class Sampler {
  readonly #settings: SamplingSettings;
  readonly #next: () => number;

  constructor(settings: SamplingSettings) {
    checkSampling(settings);
    this.#settings = settings;
    this.#next = randomNumbers(settings.seed);
  }

  /** `logits`: one row, [vocabulary]; `before`: prompt and answer so far. Throws ModelError where they are no numbers. */
  pick(logits: Float32Array, before: readonly number[]): number {
    const scores = penalised(logits, before, this.#settings.repetitionPenalty);
    const likeliest = best(scores);
    if (!Number.isFinite(scores[likeliest])) throw new ModelError(`The logits are not finite numbers. ${NOT_FINITE}`);
    if (this.#settings.temperature === 0) return likeliest;
    return draw(candidatesOf(scores, this.#settings), this.#next());
  }
}

/** `logits` itself when the penalty is off. */
export function penalised(logits: Float32Array, before: readonly number[], penalty: number): Float32Array {
  if (penalty === 1) return logits;
  const scores = logits.slice();
  for (const id of new Set(before)) {
    const score = logits[id];
    if (score !== undefined) scores[id] = score < 0 ? score * penalty : score / penalty;
  }
  return scores;
}

/** The index of the largest value, the lowest where several are equal. */
export function best(scores: Float32Array): number {
  let at = 0;
  let highest = scores[0] ?? Number.NaN;
  for (let i = 1; i < scores.length; i++) {
    const score = scores[i]!;
    if (score > highest) {
      highest = score;
      at = i;
    }
  }
  return at;
}

/** What temperature, top-k and top-p leave. At least one token stays. */
export function candidatesOf(
  scores: Float32Array,
  { temperature, topK, topP }: Pick<SamplingSettings, 'temperature' | 'topK' | 'topP'>,
): Candidates {
  const lowest = topK > 0 && topK < scores.length ? kthLargest(scores, topK) : Number.NEGATIVE_INFINITY;
  const kept: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= lowest) kept.push(i);
  const ids = Uint32Array.from(kept);
  const scaled = Float64Array.from(ids, (id) => scores[id]! / temperature);
  return topP < 1 ? mostProbable({ ids, scores: scaled }, topP) : { ids, scores: scaled };
}

function kthLargest(scores: Float32Array, k: number): number {
  return scores.slice().sort()[scores.length - k]!;
}

/** Leaves out the least probable tokens that together have at most 1 − topP (of equals the higher id goes first). */
function mostProbable({ ids, scores }: Candidates, topP: number): Candidates {
  const probabilities = softmax(scores);
  const allowance = 1 - topP;
  // Tokens below this together cannot reach the allowance: no need to sort them.
  const negligible = allowance / ids.length;
  const order: number[] = [];
  let dropped = 0;
  probabilities.forEach((probability, i) => {
    if (probability < negligible) dropped += probability;
    else order.push(i);
  });
  order.sort((a, b) => probabilities[a]! - probabilities[b]! || b - a);
  let first = 0;
  while (first < order.length - 1) {
    dropped += probabilities[order[first]!]!;
    if (dropped > allowance) break;
    first++;
  }
  const left = order.slice(first).sort((a, b) => a - b);
  return { ids: Uint32Array.from(left, (i) => ids[i]!), scores: Float64Array.from(left, (i) => scores[i]!) };
}

export function softmax(scores: Float64Array): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) highest = Math.max(highest, score);
  const weights = scores.map((score) => Math.exp(score - highest));
  let sum = 0;
  for (const weight of weights) sum += weight;
  return weights.map((weight) => weight / sum);
}

/** The first token, by id, at which the cumulative probability passes `uniform`, which is in [0, 1). */
export function draw({ ids, scores }: Candidates, uniform: number): number {
  const probabilities = softmax(scores);
  let cumulative = 0;
  for (let i = 0; i < ids.length; i++) {
    cumulative += probabilities[i]!;
    if (cumulative > uniform) return ids[i]!;
  }
  return ids.at(-1)!;
}

/**
 * Uniform numbers in [0, 1): sfc32 (Chris Doty-Humphrey's PractRand, public domain), its counter at 1 and its three words
 * the seed's low and high halves and a constant, 15 numbers skipped; 32 bits a number.
 */
export function randomNumbers(seed: number): () => number {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}
