// Rows as long as rows may be, all loss: the most that a run with these settings can need, whatever the data will be.
import { lengthBucket } from '../data/batches.ts';
import type { TokenRow } from '../data/types.ts';

/** `count` rows that fill the bucket of `length` tokens, so that packing saves nothing; every token but the first is a target. */
export function fullRows(count: number, length: number, maxPositions: number): TokenRow[] {
  const tokens = Math.max(length, Math.min(lengthBucket(length), maxPositions));
  const row = { ids: new Uint32Array(tokens), loss: new Uint8Array(tokens).fill(1, 1), line: 1 };
  return Array.from({ length: count }, () => row);
}
