// Rows as long as rows may be, all loss: the most that a run with these settings can need, whatever the data will be.
import type { TokenRow } from '../data/types.ts';

/** `count` rows of `length` tokens, every one but the first a target. */
export function fullRows(count: number, length: number): TokenRow[] {
  const row = { ids: new Uint32Array(length), loss: new Uint8Array(length).fill(1, 1), line: 1 };
  return Array.from({ length: count }, () => row);
}
