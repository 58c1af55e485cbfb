import { describe, expect, it } from 'vitest';
import { parseNumber } from './parseNumber.ts';

describe('parseNumber', () => {
  it('reads exponents and spaces', () => {
    expect(parseNumber(' 2e-4 ', { min: 0 })).toEqual({ value: 2e-4 });
  });

  it.each([
    ['', {}, 'Type a number.'],
    ['abc', { min: 0, max: 1 }, 'Type a number from 0 to 1.'],
    ['2', { max: 1 }, 'Type a number, 1 or less.'],
    ['-1', { min: 0 }, 'Type a number, 0 or more.'],
    ['1.5', { min: 1, max: 256, isWhole: true }, 'Type a whole number from 1 to 256.'],
    ['Infinity', {}, 'Type a number.'],
  ])('explains %j', (text, range, error) => {
    expect(parseNumber(text, range)).toEqual({ error });
  });
});
