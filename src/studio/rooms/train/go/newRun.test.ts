import { expect, it } from 'vitest';
import { distinctName } from './newRun.ts';

it('a name that is taken is counted on', () => {
  expect(distinctName('SQL, r 8', [])).toBe('SQL, r 8');
  expect(distinctName('SQL, r 8', ['SQL, r 8', 'SQL, r 8 (2)'])).toBe('SQL, r 8 (3)');
});
