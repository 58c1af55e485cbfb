import { expect, test } from 'vitest';
import { DataError } from '../data/types.ts';
import { OutOfGpuMemoryError } from '../gpu/errors.ts';
import { CancelledError, failureOf } from './failure.ts';

test('errors that are written for people pass as they are', () => {
  expect(failureOf(new DataError('rows.csv: the file is empty'))).toEqual({
    message: 'rows.csv: the file is empty',
    isCancelled: false,
    canFit: false,
  });
});

test('a lack of memory says what to try', () => {
  const { message, canFit } = failureOf(new OutOfGpuMemoryError('this run: the GPU has no room left'));
  expect(canFit).toBe(true);
  expect(message).toContain('no room left');
  expect(message).toContain('smaller batch');
});

test('what nobody foresaw keeps its own words', () => {
  expect(failureOf(new TypeError('x is undefined')).message).toContain('unexpected happened: x is undefined');
  expect(failureOf('nothing').message).toContain('nothing');
});

test('only the person cancels', () => {
  expect(failureOf(new CancelledError()).isCancelled).toBe(true);
  // What a lost device rejects reads with.
  expect(failureOf(new DOMException('lost', 'AbortError')).isCancelled).toBe(false);
});

test('what was not fetched or read says so, in every browser’s words', () => {
  for (const words of [
    'Failed to fetch dynamically imported module: http://localhost/assets/a.js',
    'error loading dynamically imported module: http://localhost/assets/a.js',
    'Importing a module script failed.',
  ]) {
    expect(failureOf(new TypeError(words)).message).toContain('server does not answer');
  }
  expect(failureOf(new DOMException('gone', 'NotReadableError')).message).toContain('Choose it again');
});
