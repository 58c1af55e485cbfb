import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDataOrder, type DataOrderOptions } from './dataOrder.ts';

const settings = fc.record({
  rowCount: fc.integer({ min: 1, max: 60 }),
  batchSize: fc.integer({ min: 1, max: 9 }),
  accumulate: fc.integer({ min: 1, max: 4 }),
  seed: fc.maxSafeNat(),
});

function sequence(options: DataOrderOptions, steps: number, firstStep = 1): number[] {
  const order = createDataOrder(options);
  const rows: number[] = [];
  for (let step = firstStep; step < firstStep + steps; step++) {
    for (let a = 0; a < options.accumulate; a++) rows.push(...order.microBatch(step, a));
  }
  return rows;
}

describe('createDataOrder', () => {
  it('takes rows in file order without shuffling, wrapping round within a batch', () => {
    const rows = sequence({ rowCount: 5, batchSize: 2, accumulate: 2, seed: 0, shuffle: false }, 3);
    expect(rows).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]);
  });

  it('sees every row once in each epoch when shuffled', () => {
    fc.assert(
      fc.property(settings, (options) => {
        const epochs = 3;
        const steps = Math.ceil((epochs * options.rowCount) / (options.batchSize * options.accumulate));
        const rows = sequence({ ...options, shuffle: true }, steps);
        for (let epoch = 0; epoch < epochs; epoch++) {
          const seen = rows.slice(epoch * options.rowCount, (epoch + 1) * options.rowCount).sort((a, b) => a - b);
          expect(seen).toEqual(Array.from({ length: options.rowCount }, (_, i) => i));
        }
      }),
    );
  });

  it('gives the same rows for a step whether or not the steps before it were asked for', () => {
    fc.assert(
      fc.property(settings, fc.boolean(), fc.integer({ min: 1, max: 40 }), (options, shuffle, step) => {
        const whole = sequence({ ...options, shuffle }, step);
        const alone = sequence({ ...options, shuffle }, 1, step);
        expect(whole.slice(-alone.length)).toEqual(alone);
      }),
    );
  });

  it('orders rows unlike for another seed and another epoch, the same for the same seed', () => {
    const options = { rowCount: 100, batchSize: 100, accumulate: 1, shuffle: true };
    const first = sequence({ ...options, seed: 42 }, 2);
    expect(sequence({ ...options, seed: 42 }, 2)).toEqual(first);
    expect(sequence({ ...options, seed: 43 }, 2)).not.toEqual(first);
    expect(sequence({ ...options, seed: 42 + 2 ** 32 }, 2)).not.toEqual(first);
    expect(first.slice(0, 100)).not.toEqual(first.slice(100));
  });

  it('keeps this permutation for good: a resumed run depends on it', () => {
    expect(sequence({ rowCount: 10, batchSize: 10, accumulate: 1, seed: 42, shuffle: true }, 1)).toEqual([
      2, 7, 5, 8, 0, 1, 9, 4, 6, 3,
    ]);
  });

  it('puts every row at every place about equally often', () => {
    const count = 6;
    const trials = 6000;
    const hits = Array.from({ length: count }, () => new Array<number>(count).fill(0));
    for (let seed = 0; seed < trials; seed++) {
      const rows = sequence({ rowCount: count, batchSize: count, accumulate: 1, seed, shuffle: true }, 1);
      rows.forEach((row, place) => {
        hits[place]![row]!++;
      });
    }
    // Chi-square with 25 degrees of freedom: above 52.6 in one of a thousand fair draws.
    const expected = trials / count;
    const chiSquare = hits.flat().reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(52.6);
  });

  it('deals a step by length without changing which rows the step holds', () => {
    const lengths = Array.from({ length: 40 }, (_, i) => (i * 17) % 31);
    const options = { rowCount: 40, batchSize: 4, accumulate: 3, seed: 1, shuffle: true };
    for (let step = 1; step <= 5; step++) {
      const plain = sequence(options, 1, step);
      const dealt = sequence({ ...options, lengths }, 1, step);
      expect([...dealt].sort((a, b) => a - b)).toEqual([...plain].sort((a, b) => a - b));
      const byLength = dealt.map((row) => lengths[row]!);
      expect(byLength).toEqual([...byLength].sort((a, b) => b - a));
    }
  });

  it('counts steps and epochs', () => {
    const order = createDataOrder({ rowCount: 10, batchSize: 2, accumulate: 2, seed: 0, shuffle: true });
    expect(order.stepsForEpochs(1)).toBe(3);
    expect(order.stepsForEpochs(2)).toBe(5);
    expect(order.epochsAfter(5)).toBe(2);
  });

  it('refuses settings that make no order', () => {
    const good = { rowCount: 3, batchSize: 1, accumulate: 1, seed: 0, shuffle: true };
    expect(() => createDataOrder({ ...good, rowCount: 0 })).toThrow('at least one row');
    expect(() => createDataOrder({ ...good, batchSize: 1.5 })).toThrow('batch must be a whole number');
    expect(() => createDataOrder({ ...good, accumulate: 0 })).toThrow('accumulate must be a whole number');
    expect(() => createDataOrder({ ...good, seed: -1 })).toThrow('seed must be a whole number');
    expect(() => createDataOrder(good).microBatch(0, 0)).toThrow('steps count from 1');
    expect(() => createDataOrder(good).microBatch(1, 1)).toThrow('accumulation index');
  });
});
