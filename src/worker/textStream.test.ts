import { expect, test } from 'vitest';
import { TextStream } from './textStream.ts';

/** Every id is a byte of UTF-8. */
const decodeBytes = (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids));

test('a character comes when its last byte does', () => {
  const stream = new TextStream(decodeBytes);
  const told = [...new TextEncoder().encode('aé€')].map((byte) => stream.push(byte));
  expect(told).toEqual(['a', '', 'é', '', '', '€']);
  expect(stream.text).toBe('aé€');
});

test('bytes that never become a character are in the whole text only', () => {
  const stream = new TextStream(decodeBytes);
  expect(stream.push(0xe2)).toBe('');
  expect(stream.text).toBe('\ufffd');
});
