import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLearningRate,
  formatLoss,
  formatNoun,
  formatRate,
  formatShare,
  formatSteppedTick,
  formatTick,
  formatTokensPerSecond,
  formatWholeTick,
  shortFileName,
} from './format.ts';

/** Numbers keep to their units by a space that does not break. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [5_120_000, '5.12 MB'],
    [41_300_000, '41.3 MB'],
    [999_600, '1.00 MB'],
    [269_000_000, '269 MB'],
    [2_470_000_000, '2.47 GB'],
  ])('%d is %s', (bytes, text) => expect(plain(formatBytes(bytes))).toBe(text));
});

describe('formatCount and formatNoun', () => {
  it.each([
    [9_216, '9,216'],
    [61_440, '61.4 k'],
    [2_560_000, '2.56 M'],
    [1_235_814_400, '1.24 B'],
  ])('%d is %s', (count, text) => expect(plain(formatCount(count))).toBe(text));

  it('says one row and two rows', () => {
    expect(plain(formatNoun(1, 'row'))).toBe('1 row');
    expect(plain(formatNoun(12_345, 'row'))).toBe('12.3 k rows');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [12, '12 ms'],
    [840, '0.8 s'],
    [9_960, '10 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [1_190_000, '20 min'],
    [3_720_000, '1 h 02 min'],
    [3_599_900, '1 h 00 min'],
  ])('%d ms is %s', (ms, text) => expect(plain(formatDuration(ms))).toBe(text));
});

describe('rates, losses, shares', () => {
  it('writes learning rates as they are typed', () => {
    expect([3e-3, 2e-4, 1.25e-5, 0.5, 0].map(formatLearningRate)).toEqual(['3e-3', '2e-4', '1.25e-5', '0.5', '0']);
  });

  it('shows four digits of a loss and names one that is not finite', () => {
    expect([2.41678, 0.03121, 1.2e-6, Number.NaN].map(formatLoss)).toEqual([
      '2.417',
      '0.03121',
      '1.20e-6',
      'not finite',
    ]);
  });

  it('keeps two digits of a small share', () => {
    expect([0, 0.0000123, 0.0036, 0.0144, 0.824, 1].map(formatShare).map(plain)).toEqual([
      '0 %',
      '0.0012 %',
      '0.36 %',
      '1.44 %',
      '82.4 %',
      '100.0 %',
    ]);
  });

  it('shortens ticks and speeds', () => {
    expect(shortFileName('a'.repeat(40))).toBe('a'.repeat(40));
    expect(shortFileName(`${'a'.repeat(40)}-final_v2.csv`)).toBe(`${'a'.repeat(23)}…aaa-final_v2.csv`);
    expect([78_601, 3.2e12].map(formatLoss)).toEqual(['78,600', '3.20e12']);
    const ticks = (step: number, ...values: number[]) =>
      values.map((value) => formatSteppedTick(value, step)).join(' ');
    expect(ticks(0.25, 0, 0.25, 1)).toBe('0.00 0.25 1.00');
    expect(ticks(50, 10_300, 10_350)).toBe('10300 10350');
    expect([formatSteppedTick(1e-7, 1e-7), formatSteppedTick(2.5)]).toEqual(['1e-7', '2.5']);
    expect([0.5, 2.75, 120].map(formatTick)).toEqual(['0.5', '2.75', '120']);
    expect([2, 2.5, 10_000].map(formatWholeTick)).toEqual(['2', '', '10,000']);
    expect(plain(formatTokensPerSecond(3711.4))).toBe('3,711 tokens/s');
    expect(plain(formatTokensPerSecond(18.25))).toBe('18.3 tokens/s');
    expect([3.64, 231.4, 5311.6, 12_345].map((rate) => plain(formatRate(rate)))).toEqual([
      '3.6',
      '231',
      '5,312',
      '12.3 k',
    ]);
  });
});
