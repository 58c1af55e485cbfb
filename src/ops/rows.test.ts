import { describe, expect, it } from 'vitest';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import * as reference from '../reference/rows.ts';
import { fill, gatherRows, scatterRows } from './rows.ts';
import { input, output, random, relativeError, runOp } from './testGpu.ts';
import { spreadWorkgroups } from './workgroups.ts';

const CASES = [
  { sourceRows: 1, cols: 1, index: [0] },
  { sourceRows: 9, cols: 67, index: [8, 0xffffffff, 0, 3] },
  { sourceRows: 300, cols: 576, index: Array.from({ length: 130 }, (_, i) => (i * 7) % 300) },
];

describe.each(CASES)('rows of [$sourceRows, $cols]', ({ sourceRows, cols, index }) => {
  const rows = index.length;
  const indices = Uint32Array.from(index);

  it('gather copies the named rows, and zeros for no row', async () => {
    const x = random(sourceRows * cols, 1);
    const t = {
      x: await input(x, [sourceRows, cols]),
      index: await input(indices, [rows]),
      y: await output([rows, cols]),
    };
    const [y] = await runOp((pass) => gatherRows(pass, t), t.y);
    expect([...y!]).toEqual([...reference.gatherRows(x, index, sourceRows, cols)]);
  });

  it('scatter puts them back among zeros', async () => {
    const dy = random(rows * cols, 2);
    const t = {
      dy: await input(dy, [rows, cols]),
      index: await input(indices, [rows]),
      dx: await output([sourceRows, cols]),
    };
    const [dx] = await runOp((pass) => scatterRows(pass, t), t.dx);
    expect([...dx!]).toEqual([...reference.scatterRows(dy, index, sourceRows, cols)]);
  });
});

it('fill sets every element, and nothing after them', async () => {
  const whole = await output([1000]);
  await runOp((pass) => fill(pass, { ...whole, shape: [700] }, -2.5));
  const [y] = await runOp(() => {}, whole);
  expect([...y!.subarray(0, 700)]).toEqual(Array(700).fill(-2.5));
  expect(y![700]).toBeGreaterThan(1e29);
});

it('spreads more workgroups than one dimension holds', () => {
  expect(spreadWorkgroups(65_535)).toEqual([65_535, 1]);
  const [x, y] = spreadWorkgroups(200_001);
  expect(x).toBeLessThanOrEqual(65_535);
  expect(x * y).toBeGreaterThanOrEqual(200_001);
});

it('the reference gradient agrees with finite differences', () => {
  const [x, dy, index] = [random(15, 3), random(12, 4), [4, 9, 0, 2]];
  const loss = (at: Float64Array) => reference.gatherRows(at, index, 5, 3).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const expected = finiteDifferences(loss, Float64Array.from(x));
  expect(relativeError(reference.scatterRows(dy, index, 5, 3), expected)).toBeLessThan(1e-6);
});

it('names the tensor whose shape is wrong', async () => {
  const t = {
    x: await input(random(6, 1), [2, 3]),
    index: await input(new Uint32Array(2), [2]),
    y: await output([2, 2]),
  };
  await expect(runOp((pass) => gatherRows(pass, t))).rejects.toThrow('gatherRows: expected y [2,3], got [2,2]');
  await expect(runOp((pass) => scatterRows(pass, { dy: t.y, index: t.index, dx: t.x }))).rejects.toThrow(
    'scatterRows: expected dy [2,3], got [2,2]',
  );
});
