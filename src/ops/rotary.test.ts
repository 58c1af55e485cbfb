import { describe, expect, it } from 'vitest';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import { rotate } from '../reference/rotary.ts';
import { rotaryBackward, rotaryForward } from './rotary.ts';
import { input, OP_TOLERANCE, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

const CASES = [
  { rows: 1, heads: 1, kvHeads: 1, headDim: 2 },
  { rows: 7, heads: 3, kvHeads: 1, headDim: 18 },
  { rows: 100, heads: 9, kvHeads: 3, headDim: 64 },
];
const BY_TARGET = TARGETS.flatMap((target) => CASES.map((sizes) => ({ target, ...sizes })));
const MAX_POSITIONS = 128;

function angles(headDim: number) {
  return Float32Array.from({ length: MAX_POSITIONS * headDim }, (_, i) => {
    const angle = Math.floor(i / headDim) * 0.1 * (1 + (i % (headDim / 2)));
    return i % headDim < headDim / 2 ? Math.cos(angle) : Math.sin(angle);
  });
}

describe.each(BY_TARGET)('rotary for $target, $rows rows, $heads/$kvHeads heads of $headDim', (c) => {
  const { target, rows, ...sizes } = c;
  const { heads, kvHeads, headDim } = sizes;
  const cols = (heads + 2 * kvHeads) * headDim;
  const cosSin = angles(headDim);
  const positions = Uint32Array.from({ length: rows }, (_, i) => (i * 37) % MAX_POSITIONS);
  const values = random(rows * cols, 1);
  const layout = { cols, rotatedHeads: heads + kvHeads, headDim };
  const tables = async () => ({
    positions: await input(positions, [rows]),
    cosSin: await input(cosSin, [MAX_POSITIONS, headDim]),
  });

  it('forward turns q and k, and leaves v', async () => {
    const qkv = await input(values, [rows, cols]);
    const t = { ...(await tables()), qkv };
    const [y] = await runOpFor(target, (pass) => rotaryForward(pass, t, sizes), qkv);
    expect(relativeError(y!, rotate(values, positions, cosSin, layout, 1))).toBeLessThan(OP_TOLERANCE);
  });

  it('backward turns back', async () => {
    const dqkv = await input(values, [rows, cols]);
    const t = { ...(await tables()), dqkv };
    const [y] = await runOpFor(target, (pass) => rotaryBackward(pass, t, sizes), dqkv);
    expect(relativeError(y!, rotate(values, positions, cosSin, layout, -1))).toBeLessThan(OP_TOLERANCE);
  });
});

it('the reference gradient agrees with finite differences', () => {
  const layout = { cols: 24, rotatedHeads: 3, headDim: 6 };
  const [x, dy, cosSin] = [random(48, 2), random(48, 3), angles(6)];
  const positions = [5, 9];
  const loss = (at: Float64Array) =>
    rotate(at, positions, cosSin, layout, 1).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const expected = finiteDifferences(loss, Float64Array.from(x));
  expect(relativeError(rotate(dy, positions, cosSin, layout, -1), expected)).toBeLessThan(1e-6);
});

it('names what is wrong', async () => {
  const t = {
    qkv: await input(random(12, 1), [2, 6]),
    positions: await input(new Uint32Array(2), [2]),
    cosSin: await input(new Float32Array(8), [4, 2]),
  };
  const run = (sizes: { heads: number; kvHeads: number; headDim: number }) =>
    runOp((pass) => rotaryForward(pass, t, sizes));
  await expect(run({ heads: 2, kvHeads: 1, headDim: 2 })).rejects.toThrow('rotary: expected qkv [2,8], got [2,6]');
  await expect(run({ heads: 1, kvHeads: 1, headDim: 3 })).rejects.toThrow('expected an even head size, got 3');
});
