import { expect, test } from 'vitest';
import { parsePushId, slugOf } from './pushId.ts';

test('a repository needs its owner', () => {
  expect(parsePushId('ada/towns', 'x')).toEqual({ repo: 'ada/towns' });
  expect(parsePushId(' https://huggingface.co/ada/towns/tree/main', 'x')).toEqual({ repo: 'ada/towns' });
  for (const text of ['', 'towns', 'ada/', 'a b/c']) {
    expect(parsePushId(text, 'SQL · r 8')).toEqual({
      error: 'Type your name on the Hub, a slash and a name, such as you/sql-r-8.',
    });
  }
});

test('a run’s name as a repository may be called', () => {
  expect(slugOf('SQL · r 8')).toBe('sql-r-8');
  expect(slugOf('Müll--und...Tonne!')).toBe('mull-und.tonne');
  expect(slugOf('  ')).toBe('adapter');
  expect(slugOf('x'.repeat(200)).length).toBe(90);
});
