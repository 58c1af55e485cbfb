import { expect, it } from 'vitest';
import { promptTitle } from './promptTitle.ts';

it('takes the last line, shortened', () => {
  expect(promptTitle('table: a | b\nquestion: which is the highest?\n')).toBe('which is the highest?');
  expect(promptTitle('one')).toBe('one');
  expect(promptTitle('x'.repeat(200))).toHaveLength(64);
  expect(promptTitle('')).toBe('');
});
