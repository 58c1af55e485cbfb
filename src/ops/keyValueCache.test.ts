import { describe, expect, it } from 'vitest';
import * as reference from '../reference/keyValueCache.ts';
import { cacheAppend } from './keyValueCache.ts';
import { input, output, random, runOp, runOpFor, TARGETS } from './testGpu.ts';

/** Query columns, columns of keys and of values, rows of the cache, and where each new row goes. */
const CASES = [
  { kOffset: 1, cols: 1, cacheRows: 1, cacheRow: [0] },
  { kOffset: 201, cols: 67, cacheRows: 9, cacheRow: [4, 0, 9, 8, 0xffffffff] },
  { kOffset: 576, cols: 192, cacheRows: 40, cacheRow: [39, 3, 7] },
];
const BY_TARGET = TARGETS.flatMap((target) => CASES.map((c) => ({ target, ...c })));

describe.each(BY_TARGET)(
  'cacheAppend of $cols columns for $target',
  ({ target, kOffset, cols, cacheRows, cacheRow }) => {
    // Copying rounds nothing, so it must agree to the bit, and leave every other row as it was.
    it('copies keys and values to their rows, and skips rows past the end', async () => {
      const [rows, stride] = [cacheRow.length, kOffset + 2 * cols];
      const qkv = random(rows * stride, 1);
      const before = { keys: random(cacheRows * cols, 2), values: random(cacheRows * cols, 3) };
      const t = {
        qkv: await input(qkv, [rows, stride]),
        cacheRow: await input(Uint32Array.from(cacheRow), [rows]),
        keys: await input(before.keys, [cacheRows, cols]),
        values: await input(before.values, [cacheRows, cols]),
      };
      const [keys, values] = await runOpFor(target, (pass) => cacheAppend(pass, t, kOffset), t.keys, t.values);
      reference.cacheAppend(qkv, cacheRow, before, { stride, kOffset, cols });
      expect(keys).toEqual(before.keys);
      expect(values).toEqual(before.values);
    });
  },
);

it('names the tensor whose shape is wrong', async () => {
  const t = {
    qkv: await output([2, 12]),
    cacheRow: await output([2]),
    keys: await output([5, 4]),
    values: await output([5, 4]),
  };
  await expect(runOp((pass) => cacheAppend(pass, { ...t, values: t.qkv }, 4))).rejects.toThrow(
    'cacheAppend: expected values [5,4], got [2,12]',
  );
  await expect(runOp((pass) => cacheAppend(pass, { ...t, cacheRow: t.keys }, 4))).rejects.toThrow(
    'cacheAppend: expected cacheRow [2], got [5,4]',
  );
  await expect(runOp((pass) => cacheAppend(pass, t, 5))).rejects.toThrow(
    'cacheAppend: expected qkv to hold keys and values in columns 5–13, got [2,12]',
  );
});
