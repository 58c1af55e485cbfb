import { expect, test } from 'vitest';
import { DEFAULT_RUN_SETTINGS as SETTINGS } from '../training/settings.ts';
import { raceAdapters } from './raceAdapters.ts';

const CHOICES = {
  rank: [8],
  alpha: [16],
  targets: [SETTINGS.adapter.targets],
  learningRate: [2e-4],
  dropout: [0],
  sharesRank: false,
};

test('without choices it is the one adapter of the settings', () => {
  expect(raceAdapters({ settings: SETTINGS })).toEqual([{ name: 'r8', settings: SETTINGS }]);
});

test('each adapter of a race has settings of its own', () => {
  const adapters = raceAdapters({
    settings: SETTINGS,
    choices: { ...CHOICES, rank: [1, 64], learningRate: [1e-4, 1e-3] },
  });
  expect(adapters.map(({ name }) => name)).toEqual(['r1-lr0.0001', 'r1-lr0.001', 'r64-lr0.0001', 'r64-lr0.001']);
  expect(adapters[2]?.settings.adapter).toEqual({ ...SETTINGS.adapter, rank: 64 });
  expect(adapters[2]?.settings.training).toEqual({ ...SETTINGS.training, learningRate: 1e-4 });
});

test.each([
  [{ rank: [0] }, /^rank\.0: /],
  [{ targets: [['q' as const], ['q' as const]] }, /the same/],
  [{ rank: Array.from({ length: 33 }, (_, i) => i + 1) }, /33 adapters; at most 32/],
])('refuses %o', (change, message) => {
  expect(() => raceAdapters({ settings: SETTINGS, choices: { ...CHOICES, ...change } })).toThrow(message);
});
