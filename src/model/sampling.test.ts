import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  best,
  candidatesOf,
  draw,
  GREEDY,
  penalised,
  randomNumbers,
  Sampler,
  SamplingError,
  softmax,
} from './sampling.ts';

/** transformers computes in f32. */
const PROBABILITY_TOLERANCE = 1e-6;

const casesSchema = z.array(
  z.object({
    settings: z.object({
      temperature: z.number(),
      top_k: z.int().default(0),
      top_p: z.number().default(1),
      repetition_penalty: z.number().default(1),
    }),
    logits: z.array(z.number()),
    before: z.array(z.int()),
    left: z.array(z.int()),
    probabilities: z.array(z.number()),
  }),
);
const fixture = new URL('../../e2e/fixtures/sampling/processors.json', import.meta.url);
const cases = casesSchema.parse(JSON.parse(readFileSync(fixture, 'utf8')));

describe('what transformers’ logits processors leave', () => {
  it.each(cases)('$settings', ({ settings, logits, before, left, probabilities }) => {
    const { temperature, top_k: topK, top_p: topP, repetition_penalty: penalty } = settings;
    const scores = penalised(Float32Array.from(logits), before, penalty);
    const candidates = candidatesOf(scores, { temperature, topK, topP });
    expect([...candidates.ids]).toEqual(left);
    softmax(candidates.scores).forEach((probability, i) => {
      expect(Math.abs(probability - probabilities[i]!)).toBeLessThan(PROBABILITY_TOLERANCE);
    });
  });
});

describe('greedy', () => {
  it('takes the lowest of equal ids', () => {
    expect(best(Float32Array.of(-1, 3, 2, 3))).toBe(1);
    expect(new Sampler(GREEDY).pick(Float32Array.of(-5, -4, -4), [])).toBe(1);
  });

  it('refuses what is no number, sampled too', () => {
    for (const settings of [GREEDY, { ...GREEDY, temperature: 1 }]) {
      for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const pick = () => new Sampler(settings).pick(Float32Array.of(wrong, wrong, wrong), []);
        expect(pick).toThrow(/^The logits are not finite numbers/);
      }
    }
  });

  it('heeds the repetition penalty', () => {
    const logits = Float32Array.of(1, 1.9, 2);
    expect(new Sampler({ ...GREEDY, repetitionPenalty: 1.2 }).pick(logits, [2])).toBe(1);
    expect(logits).toEqual(Float32Array.of(1, 1.9, 2));
  });
});

describe('drawing', () => {
  const settings = { ...GREEDY, temperature: 1, seed: 7 };
  const logits = Float32Array.of(0, 1, 2, -1);
  const draws = (seed: number, count: number) => {
    const sampler = new Sampler({ ...settings, seed });
    return Array.from({ length: count }, () => sampler.pick(logits, []));
  };

  it('repeats with the seed', () => {
    expect(draws(7, 50)).toEqual(draws(7, 50));
    expect(draws(7, 50)).not.toEqual(draws(8, 50));
  });

  it('draws as often as the probabilities say', () => {
    const count = 20_000;
    const probabilities = softmax(Float64Array.from(logits));
    const drawn = draws(3, count);
    probabilities.forEach((probability, id) => {
      const share = drawn.filter((each) => each === id).length / count;
      // Five standard deviations.
      expect(Math.abs(share - probability)).toBeLessThan(5 * Math.sqrt(probability / count));
    });
  });

  it('takes the first token past the number, by id', () => {
    const candidates = { ids: Uint32Array.of(4, 9), scores: Float64Array.of(0, 0) };
    expect([0, 0.4999, 0.5, 0.9999].map((uniform) => draw(candidates, uniform))).toEqual([4, 4, 9, 9]);
  });

  it('numbers lie in [0, 1), seeds above 32 bits differ', () => {
    const next = randomNumbers(0);
    for (let i = 0; i < 1000; i++) {
      const value = next();
      expect(value >= 0 && value < 1).toBe(true);
    }
    expect(randomNumbers(5)()).not.toBe(randomNumbers(5 + 2 ** 32)());
  });
});

it.each([
  [{ temperature: -1 }, 'temperature: expected 0 or more, got -1.'],
  [{ topK: 1.5 }, 'top-k: expected a whole number, 0 for off, got 1.5.'],
  [{ topP: 0 }, 'top-p: expected more than 0 and at most 1, got 0.'],
  [{ repetitionPenalty: 0 }, 'repetition penalty: expected more than 0, got 0.'],
  [{ seed: -1 }, 'seed: expected a whole number from 0, got -1.'],
])('refuses %o', (wrong, message) => {
  expect(() => new Sampler({ ...GREEDY, ...wrong })).toThrow(new SamplingError(message));
});
