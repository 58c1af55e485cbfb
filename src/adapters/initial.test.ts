import { expect, test } from 'vitest';
import { architectureOf } from '../model/architecture.ts';
import type { Target } from '../model/targets.ts';
import { type AdapterSpec, layOutAdapters } from './adapterSet.ts';
import { initialParameters } from './initial.ts';

const architecture = architectureOf({
  model_type: 'llama',
  vocab_size: 50,
  hidden_size: 96,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 200,
});

const spec = (rank: number, targets: readonly Target[]): AdapterSpec => ({
  rank,
  alpha: 16,
  dropout: 0,
  useRslora: false,
  targets,
});

function started(specs: AdapterSpec[], seeds: number[]) {
  const layouts = layOutAdapters(architecture, specs);
  return { layouts, parameters: initialParameters(layouts, seeds) };
}

test('A is uniform within 1/sqrt(inFeatures), B is zero', () => {
  const { layouts, parameters } = started([spec(64, ['q', 'down'])], [7]);
  for (const { place, rank, aStart, bStart } of layouts[0]!.modules) {
    const a = parameters.subarray(aStart, aStart + rank * place.inFeatures);
    const bound = 1 / Math.sqrt(place.inFeatures);
    const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
    const variance = a.reduce((sum, value) => sum + value * value, 0) / a.length;
    expect(Math.max(...a)).toBeLessThanOrEqual(Math.fround(bound));
    expect(Math.min(...a)).toBeLessThan(-0.99 * bound);
    // Five standard errors of a uniform distribution's mean and variance.
    expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * a.length));
    expect(Math.abs(variance / (bound * bound) - 1 / 3)).toBeLessThan((5 * Math.sqrt(4 / 45)) / Math.sqrt(a.length));
    expect(parameters.subarray(bStart, bStart + rank * place.colCount).every((value) => value === 0)).toBe(true);
  }
});

test('an adapter in a race starts with the bits it has alone', () => {
  const race = started([spec(1, ['q']), spec(5, ['q', 'o', 'up']), spec(3, ['v'])], [1, 42, 3]);
  const alone = started([spec(5, ['q', 'o', 'up'])], [42]);
  const { start, count } = race.layouts[1]!;
  expect(race.parameters.slice(start, start + count)).toEqual(alone.parameters.slice(0, count));
});

test('a module starts the same whatever else trains, and a low rank with the rows of a high one', () => {
  const few = started([spec(2, ['v'])], [9]);
  const many = started([spec(6, ['q', 'v', 'gate'])], [9]);
  const moduleOf = ({ layouts }: typeof few) =>
    layouts[0]!.modules.find((m) => m.layer === 1 && m.place.target === 'v')!;
  const [low, high] = [moduleOf(few), moduleOf(many)];
  const size = low.rank * low.place.inFeatures;
  expect(few.parameters.slice(low.aStart, low.aStart + size)).toEqual(
    many.parameters.slice(high.aStart, high.aStart + size),
  );
});

test('layers, targets and seeds start differently', () => {
  const { layouts, parameters } = started([spec(2, ['q', 'k']), spec(2, ['q', 'k'])], [4, 5]);
  const starts = layouts.flatMap(({ modules }) => modules.map(({ aStart }) => parameters[aStart]));
  expect(new Set(starts).size).toBe(starts.length);
});
