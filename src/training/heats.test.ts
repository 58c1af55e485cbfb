import { expect, test } from 'vitest';
import { cutIntoHeats, halvesOf } from './heats.ts';

const costs = [1, 1, 2, 4, 8, 8];
const within = (budget: number) => async (from: number, to: number) =>
  costs.slice(from, to).reduce((sum, cost) => sum + cost, 0) <= budget;

test.each([
  [24, [[0, 6]]],
  [
    20,
    [
      [0, 3],
      [3, 6],
    ],
  ],
  [
    12,
    [
      [0, 2],
      [2, 3],
      [3, 5],
      [5, 6],
    ],
  ],
])('a budget of %i', async (budget, heats) => {
  await expect(cutIntoHeats(costs.length, within(budget))).resolves.toEqual(heats);
});

test('what does not fit alone runs alone', async () => {
  expect(await cutIntoHeats(3, async () => false)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
  expect(await cutIntoHeats(1, async () => false)).toEqual([[0, 1]]);
});

test('a heat that found no room is halved', () => {
  expect(halvesOf([2, 5])).toEqual([
    [2, 4],
    [4, 5],
  ]);
});
