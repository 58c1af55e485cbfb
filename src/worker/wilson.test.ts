import { expect, test } from 'vitest';
import { wilsonInterval } from './wilson.ts';

// By its definition: the shares from which the seen one is exactly 1.96 standard errors away.
test.each([
  [8, 10],
  [1, 200],
  [300, 500],
])('%i right of %i', (right, rows) => {
  const { low, high } = wilsonInterval(right, rows);
  const distance = (share: number) => Math.abs(right / rows - share) / Math.sqrt((share * (1 - share)) / rows);
  expect(distance(low)).toBeCloseTo(1.959964, 5);
  expect(distance(high)).toBeCloseTo(1.959964, 5);
  expect(low).toBeLessThan(right / rows);
  expect(high).toBeGreaterThan(right / rows);
});

test('none or all right stays within 0 and 1, and is no certainty', () => {
  expect(wilsonInterval(0, 16).low).toBe(0);
  expect(wilsonInterval(0, 16).high).toBeCloseTo(0.19361, 5);
  expect(wilsonInterval(16, 16).high).toBe(1);
});

test('nothing judged says nothing', () => {
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
});
