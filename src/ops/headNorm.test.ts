import { describe, expect, it } from 'vitest';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import * as reference from '../reference/headNorm.ts';
import { headNormBackward, headNormForward } from './headNorm.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

const EPS = 1e-6;
const CASES = [
  { rows: 1, heads: 1, kvHeads: 1, headDim: 1 },
  { rows: 7, heads: 4, kvHeads: 2, headDim: 15 },
  { rows: 33, heads: 16, kvHeads: 8, headDim: 128 },
];
const BY_TARGET = TARGETS.flatMap((target) => CASES.map((sizes) => ({ target, ...sizes })));

describe.each(BY_TARGET)(
  'headNorm for $target, $rows rows, $heads/$kvHeads heads of $headDim',
  ({ target, ...sizes }) => {
    const { rows, heads, kvHeads, headDim } = sizes;
    const shape = [rows, (heads + 2 * kvHeads) * headDim];
    const count = shape[0]! * shape[1]!;
    const [raw, qWeight, kWeight] = [random(count, 1), random(headDim, 2), random(headDim, 3)];
    const tensors = async () => ({
      raw: await input(raw, shape),
      qWeight: await input(qWeight, [headDim]),
      kWeight: await input(kWeight, [headDim]),
    });

    it('forward norms q and k, and copies v', async () => {
      const t = { ...(await tensors()), qkv: await output(shape) };
      const [qkv] = await runOpFor(target, (pass) => headNormForward(pass, t, sizes, EPS), t.qkv);
      const expected = reference.headNormForward(raw, qWeight, kWeight, sizes, EPS);
      expect(relativeError(qkv!, expected)).toBeLessThan(OP_TOLERANCE);
    });

    it('backward turns the gradient in place', async () => {
      const dqkv = random(count, 4);
      const t = { ...(await tensors()), dqkv: await input(dqkv, shape) };
      const [draw] = await runOpFor(target, (pass) => headNormBackward(pass, t, sizes, EPS), t.dqkv);
      const expected = reference.headNormBackward(raw, qWeight, kWeight, dqkv, sizes, EPS);
      expect(relativeError(draw!, expected)).toBeLessThan(OP_TOLERANCE);
    });
  },
);

it('the reference gradient agrees with finite differences', () => {
  const sizes = { rows: 2, heads: 2, kvHeads: 1, headDim: 5 };
  const [raw, dqkv] = [random(40, 5), random(40, 6)];
  const [qWeight, kWeight] = [random(5, 7), random(5, 8)];
  const loss = (at: Float64Array) =>
    reference.headNormForward(at, qWeight, kWeight, sizes, EPS).reduce((sum, y, i) => sum + y * dqkv[i]!, 0);
  const expected = finiteDifferences(loss, Float64Array.from(raw));
  const actual = reference.headNormBackward(raw, qWeight, kWeight, dqkv, sizes, EPS);
  expect(relativeError(actual, expected)).toBeLessThan(1e-6);
});

it('names the tensor whose shape is wrong', async () => {
  const t = {
    raw: await input(random(16, 1), [1, 16]),
    qWeight: await input(random(4, 2), [4]),
    kWeight: await input(random(3, 3), [3]),
    qkv: await output([1, 16]),
  };
  const sizes = { heads: 2, kvHeads: 1, headDim: 4 };
  await expect(runOp((pass) => headNormForward(pass, t, sizes, EPS))).rejects.toThrow(
    'headNorm: expected kWeight [4], got [3]',
  );
});
