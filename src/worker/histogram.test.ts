import { expect, test } from 'vitest';
import { histogramOf } from './histogram.ts';

test('empty bars between full ones are kept, those before the first are not', () => {
  const bars = [
    { upTo: 16, rows: 3 },
    { upTo: 48, rows: 2 },
  ];
  expect(histogramOf(bars)).toEqual({ edges: [9, 17, 25, 33, 49], counts: [3, 0, 0, 2] });
});

test('the first bar starts at one token', () => {
  expect(histogramOf([{ upTo: 8, rows: 5 }])).toEqual({ edges: [1, 9], counts: [5] });
});

test('no rows, no bars', () => {
  expect(histogramOf([])).toEqual({ edges: [], counts: [] });
});
