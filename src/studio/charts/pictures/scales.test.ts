import { describe, expect, it } from 'vitest';
import { niceTicks, scaleOf } from './scales.ts';

describe('niceTicks', () => {
  it('covers the range in round steps', () => {
    expect(niceTicks(0.31, 0.92, 4)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(0, 100, 4)).toEqual([0, 50, 100]);
    expect(niceTicks(2, 2, 4).length).toBeGreaterThan(1);
  });
});

describe('scales', () => {
  it('puts equal factors at equal distances on a log scale', () => {
    const { place } = scaleOf('log2', [1, 8, 64], [0, 100]);
    expect([1, 8, 64].map(place)).toEqual([0, 50, 100]);
  });

  it('marks a log axis inside its range, however short', () => {
    for (const range of [
      [0.001, 800],
      [3, 4],
      [1, 90],
      [5, 5],
    ]) {
      const { ticks } = scaleOf('log10', range, [0, 100]);
      expect(ticks.every((tick) => tick > 0)).toBe(true);
      expect(ticks.length, String(range)).toBeLessThan(9);
    }
    expect(scaleOf('log10', [0.001, 800], [0, 100]).ticks).toEqual([0.001, 0.01, 0.1, 1, 10, 100]);
  });

  it('has a place for the only value there is', () => {
    expect(Number.isFinite(scaleOf('linear', [2], [0, 100]).place(2))).toBe(true);
    expect(Number.isFinite(scaleOf('log10', [2], [0, 100]).place(2))).toBe(true);
    expect(Number.isFinite(scaleOf('linear', [], [0, 100]).place(1))).toBe(true);
  });
});
