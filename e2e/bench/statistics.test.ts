import { describe, expect, it } from 'vitest';
import { mapSpread, relativeError, spreadOf } from './statistics.ts';
import { mebibytes, number, renderTable, spread } from './table.ts';

describe('spreadOf', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, runs: 3 });
    expect(spreadOf([4, 1, 10, 2])).toEqual({ median: 3, min: 1, max: 10, runs: 4 });
    expect(() => spreadOf([])).toThrow('no values');
  });

  it('leaves its input as it was', () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('turns the ends round under a falling change', () => {
    expect(mapSpread({ median: 4, min: 2, max: 8, runs: 3 }, (ms) => 8 / ms)).toEqual({
      median: 2,
      min: 1,
      max: 4,
      runs: 3,
    });
  });
});

describe('relativeError', () => {
  it('is the largest difference over the largest value', () => {
    expect(relativeError([1, 2.5], [1, 2])).toBe(0.25);
    expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
    expect(relativeError([Number.NaN], [1])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('renderTable', () => {
  it('aligns the first column left and the rest right', () => {
    const table = {
      title: 'T',
      columns: ['op', 'ms'],
      rows: [
        ['a', '1.00'],
        ['long', '12'],
      ],
    };
    expect(renderTable(table)).toBe('T\nop      ms\n----  ----\na     1.00\nlong    12');
  });

  it('writes numbers with three digits', () => {
    expect([0, 0.5, 12.345, 1234.5, 1e8, Number.NaN].map(number)).toEqual([
      '0',
      '0.500',
      '12.3',
      '1235',
      '1.0e+8',
      '–',
    ]);
    expect(spread({ median: 2, min: 1, max: 300, runs: 7 })).toBe('2.00 [1.00–300]');
    expect(mebibytes(3 << 19)).toBe('1.5 MiB');
  });
});
