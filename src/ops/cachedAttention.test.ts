import { describe, expect, it } from 'vitest';
import * as reference from '../reference/attention.ts';
import { cachedAttention } from './cachedAttention.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp } from './testGpu.ts';

const CASES = [
  { heads: 1, kvHeads: 1, headDim: 1, lengths: [1] },
  { heads: 6, kvHeads: 2, headDim: 15, lengths: [5, 1, 17], window: 6 },
  { heads: 4, kvHeads: 1, headDim: 18, lengths: [3, 63, 64, 65] },
  { heads: 3, kvHeads: 3, headDim: 12, lengths: [130] },
  { heads: 2, kvHeads: 1, headDim: 256, lengths: [20, 9] },
  { heads: 9, kvHeads: 3, headDim: 64, lengths: [40, 161] },
];

describe.each(CASES)('$heads/$kvHeads heads of $headDim over $lengths keys', (shape) => {
  const { heads, kvHeads, headDim, lengths, window } = { window: Number.POSITIVE_INFINITY, ...shape };
  const sizes = { heads, kvHeads, headDim, scale: 1 / Math.sqrt(headDim) };
  const cols = (heads + 2 * kvHeads) * headDim;

  it('agrees with the reference for the last token of every sequence', async () => {
    // The reference takes queries, keys and values from one tensor: the cache is its key and value columns.
    const cacheRows = lengths.reduce((sum, length) => sum + length);
    const qkv = random(cacheRows * cols, 1).map((value) => value * 3);
    const ends = lengths.map((_, s) => lengths.slice(0, s + 1).reduce((sum, length) => sum + length) - 1);
    const starts = ends.map((end, s) => Math.max(end - lengths[s]! + 1, end - window + 1));
    const columns = (from: number, count: number, rows: readonly number[]) =>
      Float32Array.from(rows.flatMap((row) => [...qkv.subarray(row * cols + from, row * cols + from + count)]));
    const everyRow = Array.from({ length: cacheRows }, (_, row) => row);
    const kvCols = kvHeads * headDim;
    const rows = lengths.length;
    const t = {
      q: await input(columns(0, cols, ends), [rows, cols]),
      keys: await input(columns(heads * headDim, kvCols, everyRow), [cacheRows, kvCols]),
      values: await input(columns(heads * headDim + kvCols, kvCols, everyRow), [cacheRows, kvCols]),
      keyStart: await input(Uint32Array.from(starts), [rows]),
      keyEnd: await input(Uint32Array.from(ends), [rows]),
      out: await output([rows, heads * headDim]),
    };
    const [out] = await runOp((pass) => cachedAttention(pass, t, sizes), t.out);
    const keyStart = Uint32Array.from(everyRow);
    const keyEnd = Uint32Array.from(everyRow);
    ends.forEach((end, s) => {
      keyStart[end] = starts[s]!;
    });
    const whole = reference.attentionForward(qkv, keyStart, keyEnd, { rows: cacheRows, ...sizes });
    const width = heads * headDim;
    const expected = ends.flatMap((end) => [...whole.out.subarray(end * width, (end + 1) * width)]);
    expect(relativeError(out!, expected)).toBeLessThan(OP_TOLERANCE);
  });
});

it('refuses a cache of another width', async () => {
  const q = await input(random(8, 1), [1, 8]);
  const keys = await input(random(6, 2), [2, 3]);
  const range = await input(Uint32Array.of(0), [1]);
  const t = { q, keys, values: keys, keyStart: range, keyEnd: range, out: await output([1, 4]) };
  const sizes = { heads: 1, kvHeads: 1, headDim: 4, scale: 1 };
  await expect(runOp((pass) => cachedAttention(pass, t, sizes))).rejects.toThrow(
    'cachedAttention: expected keys [2,4], got [2,3]',
  );
});
