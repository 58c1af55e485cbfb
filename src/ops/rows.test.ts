import { describe, expect, it } from 'vitest';
import * as reference from '../reference/rows.ts';
import { gatherRowPairs, gatherRows } from './rows.ts';
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

  it('gathers from two tensors at once', async () => {
    const wide = cols + 4;
    const [x1, x2] = [random(sourceRows * cols, 1), random(sourceRows * wide, 2)];
    const t = {
      index: await input(indices, [rows]),
      first: { x: await input(x1, [sourceRows, cols]), y: await output([rows, cols]) },
      second: { x: await input(x2, [sourceRows, wide]), y: await output([rows, wide]) },
    };
    const [y1, y2] = await runOpFor(target, (pass) => gatherRowPairs(pass, t), t.first.y, t.second.y);
    expect([...y1!]).toEqual([...reference.gatherRows(x1, index, sourceRows, cols)]);
    expect([...y2!]).toEqual([...reference.gatherRows(x2, index, sourceRows, wide)]);
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
