import { describe, expect, it } from 'vitest';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import * as reference from '../reference/rmsNorm.ts';
import { rmsNormBackward, rmsNormForward } from './rmsNorm.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

const EPS = 1e-5;
const SHAPES = [
  [1, 1],
  [3, 67],
  [130, 576],
  [2100, 8],
] as const;

const CASES = TARGETS.flatMap((target) => SHAPES.map(([rows, cols]) => ({ target, rows, cols })));

describe.each(CASES)('rmsNorm for $target [$rows, $cols]', ({ target, rows, cols }) => {
  const x = random(rows * cols, 1);
  const weight = random(cols, 2);
  const dy = random(rows * cols, 3);
  const before = random(rows * cols, 4);

  it('forward agrees with its reference', async () => {
    const t = {
      x: await input(x, [rows, cols]),
      weight: await input(weight, [cols]),
      y: await output([rows, cols]),
      rstd: await output([rows]),
    };
    const [y, rstd] = await runOpFor(target, (pass) => rmsNormForward(pass, t, EPS), t.y, t.rstd);
    const expected = reference.rmsNormForward(x, weight, rows, cols, EPS);
    expect(relativeError(y!, expected.y)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(rstd!, expected.rstd)).toBeLessThan(OP_TOLERANCE);
  });

  it.each(['add', 'overwrite'] as const)('backward: %s the gradient of x', async (into) => {
    const { rstd } = reference.rmsNormForward(x, weight, rows, cols, EPS);
    const t = {
      x: await input(x, [rows, cols]),
      weight: await input(weight, [cols]),
      rstd: await input(Float32Array.from(rstd), [rows]),
      dy: await input(dy, [rows, cols]),
      dx: into === 'add' ? await input(before, [rows, cols]) : await output([rows, cols]),
    };
    const [dx] = await runOpFor(target, (pass) => rmsNormBackward(pass, t, into), t.dx);
    // The sum is compared even where nothing was there to add to: the gradient of a single column cancels to almost 0.
    const actual = dx!.map((value, i) => value + (into === 'add' ? 0 : before[i]!));
    const expected = reference.rmsNormBackward(x, weight, dy, rows, cols, EPS).map((value, i) => value + before[i]!);
    expect(relativeError(actual, expected)).toBeLessThan(OP_TOLERANCE);
  });
});

it('the reference gradient agrees with finite differences', () => {
  const [rows, cols] = [2, 7];
  const [x, weight, dy] = [random(rows * cols, 5), random(cols, 6), random(rows * cols, 7)];
  const loss = (at: Float64Array) =>
    reference.rmsNormForward(at, weight, rows, cols, EPS).y.reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const expected = finiteDifferences(loss, Float64Array.from(x));
  expect(relativeError(reference.rmsNormBackward(x, weight, dy, rows, cols, EPS), expected)).toBeLessThan(1e-6);
});

it('names the tensor whose shape is wrong', async () => {
  const t = {
    x: await input(random(6, 1), [2, 3]),
    weight: await input(random(2, 1), [2]),
    y: await output([2, 3]),
    rstd: await output([2]),
  };
  await expect(runOp((pass) => rmsNormForward(pass, t, EPS))).rejects.toThrow('rmsNorm: expected weight [3], got [2]');
});
