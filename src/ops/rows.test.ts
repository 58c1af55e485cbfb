import { describe, expect, it } from 'vitest';
import * as reference from '../reference/rows.ts';
import { gatherRows } from './rows.ts';
import { input, output, random, runOp, runOpFor, TARGETS } from './testGpu.ts';

const CASES = [
  { sourceRows: 1, cols: 1, index: [0] },
  { sourceRows: 9, cols: 67, index: [8, 0xffffffff, 0, 3] },
  { sourceRows: 300, cols: 576, index: Array.from({ length: 130 }, (_, i) => (i * 7) % 300) },
];
const BY_TARGET = TARGETS.flatMap((target) => CASES.map((c) => ({ target, ...c })));

describe.each(BY_TARGET)('rows for $target of [$sourceRows, $cols]', ({ target, sourceRows, cols, index }) => {
  const rows = index.length;
  const indices = Uint32Array.from(index);

  it('gather copies the named rows, and zeros for no row', async () => {
    const x = random(sourceRows * cols, 1);
    const t = {
      x: await input(x, [sourceRows, cols]),
      index: await input(indices, [rows]),
      y: await output([rows, cols]),
    };
    const [y] = await runOpFor(target, (pass) => gatherRows(pass, t), t.y);
    expect([...y!]).toEqual([...reference.gatherRows(x, index, sourceRows, cols)]);
  });
});

it('names the tensor whose shape is wrong', async () => {
  const t = {
    x: await input(random(6, 1), [2, 3]),
    index: await input(new Uint32Array(2), [2]),
    y: await output([2, 2]),
  };
  await expect(runOp((pass) => gatherRows(pass, t))).rejects.toThrow('gatherRows: expected y [2,3], got [2,2]');
});
