import { expect, it } from 'vitest';
import { parseNumbers } from './parseNumbers.ts';

it('takes one number or several, each once and in order', () => {
  expect(parseNumbers(' 8 ', {})).toEqual({ values: [8] });
  expect(parseNumbers('16, 4 1;4', { isWhole: true })).toEqual({ values: [1, 4, 16] });
  expect(parseNumbers('2e-4,', {})).toEqual({ values: [2e-4] });
});

it('says what is expected where one is out of range, or none is there', () => {
  expect(parseNumbers('1, 300', { min: 1, max: 256, isWhole: true })).toEqual({
    error: 'Type a whole number from 1 to 256. Several: 1, 2, 4.',
  });
  expect(parseNumbers(' ', { min: 0 })).toEqual({ error: 'Type a number, 0 or more.' });
});
