import { expect, test } from 'vitest';
import { adapterNames, choicesOf, gridOf, withVariant } from './race.ts';
import { DEFAULT_RUN_SETTINGS } from './settings.ts';

const ONE = choicesOf(DEFAULT_RUN_SETTINGS);

test('names say what differs and nothing else', () => {
  expect(adapterNames(gridOf({ ...ONE, rank: [1, 4, 64] }))).toEqual(['r1', 'r4', 'r64']);
  expect(adapterNames(gridOf({ ...ONE, rank: [4, 8], learningRate: [2e-4, 1e-3] }))).toEqual([
    'r4-lr0.0002',
    'r4-lr0.001',
    'r8-lr0.0002',
    'r8-lr0.001',
  ]);
  expect(adapterNames(gridOf({ ...ONE, targets: [['q'], ['q', 'v']], dropout: [0, 0.1] }))).toEqual([
    'q-d0',
    'q-d0.1',
    'q.v-d0',
    'q.v-d0.1',
  ]);
  expect(adapterNames(gridOf({ ...ONE, alpha: [8, 16] }))).toEqual(['a8', 'a16']);
  expect(adapterNames(gridOf(ONE))).toEqual(['r8']);
});

test('matrices share a rank where the budget is fixed, as in table 5 of the paper', () => {
  const targets = [['q'] as const, ['q', 'v'] as const, ['q', 'k', 'v', 'o'] as const].map((set) => [...set]);
  const grid = gridOf({ ...ONE, rank: [8], targets, sharesRank: true });
  expect(adapterNames(grid)).toEqual(['r8-q', 'r4-q.v', 'r2-q.k.v.o']);
});

test('an adapter of a race has the settings of a run of its own', () => {
  const [variant] = gridOf({ ...ONE, rank: [2], learningRate: [1e-3], targets: [['k']] });
  const { adapter, training } = withVariant(DEFAULT_RUN_SETTINGS, variant!);
  expect(adapter).toEqual({ ...DEFAULT_RUN_SETTINGS.adapter, rank: 2, targets: ['k'] });
  expect(training).toEqual({ ...DEFAULT_RUN_SETTINGS.training, learningRate: 1e-3 });
});
