import { describe, expect, it } from 'vitest';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import * as reference from '../reference/layerNorm.ts';
import { layerNormBackward, layerNormForward } from './layerNorm.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

const SHAPES = [
  [1, 1],
  [3, 67],
  [130, 576],
  [2100, 8],
] as const;

const CASES = TARGETS.flatMap((target) => SHAPES.map(([rows, cols]) => ({ target, rows, cols })));

describe.each(CASES)('layerNorm for $target [$rows, $cols]', ({ target, rows, cols }) => {
  const sizes = { rows, cols, eps: 1e-5 };
  // Off centre, so that the mean matters.
  const x = random(rows * cols, 1).map((value) => value + 2);
  const [weight, bias, dy, before] = [random(cols, 2), random(cols, 3), random(rows * cols, 4), random(rows * cols, 5)];

  it('forward agrees with its reference', async () => {
    const t = {
      x: await input(x, [rows, cols]),
      weight: await input(weight, [cols]),
      bias: await input(bias, [cols]),
      y: await output([rows, cols]),
      mean: await output([rows]),
      rstd: await output([rows]),
    };
    const [y, mean, rstd] = await runOpFor(target, (pass) => layerNormForward(pass, t, sizes.eps), t.y, t.mean, t.rstd);
    const expected = reference.layerNormForward(x, weight, bias, sizes);
    expect(relativeError(y!, expected.y)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(mean!, expected.mean)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(rstd!, expected.rstd)).toBeLessThan(OP_TOLERANCE);
  });

  it.each(['add', 'overwrite'] as const)('backward: %s the gradient of x', async (into) => {
    const { mean, rstd } = reference.layerNormForward(x, weight, bias, sizes);
    const t = {
      x: await input(x, [rows, cols]),
      weight: await input(weight, [cols]),
      mean: await input(Float32Array.from(mean), [rows]),
      rstd: await input(Float32Array.from(rstd), [rows]),
      dy: await input(dy, [rows, cols]),
      dx: into === 'add' ? await input(before, [rows, cols]) : await output([rows, cols]),
    };
    const [dx] = await runOpFor(target, (pass) => layerNormBackward(pass, t, into), t.dx);
    // The sum is compared even where nothing was there to add to: the gradient of a single column cancels to almost 0.
    const actual = dx!.map((value, i) => value + (into === 'add' ? 0 : before[i]!));
    const expected = reference.layerNormBackward(x, weight, dy, sizes).map((value, i) => value + before[i]!);
    expect(relativeError(actual, expected)).toBeLessThan(OP_TOLERANCE);
  });
});

it('the reference gradient agrees with finite differences', () => {
  const sizes = { rows: 2, cols: 7, eps: 1e-5 };
  const [x, weight, bias, dy] = [random(14, 5), random(7, 6), random(7, 7), random(14, 8)];
  const loss = (at: Float64Array) =>
    reference.layerNormForward(at, weight, bias, sizes).y.reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const expected = finiteDifferences(loss, Float64Array.from(x));
  expect(relativeError(reference.layerNormBackward(x, weight, dy, sizes), expected)).toBeLessThan(1e-6);
});

it('names the tensor whose shape is wrong', async () => {
  const t = {
    x: await input(random(6, 1), [2, 3]),
    weight: await input(random(3, 1), [3]),
    bias: await input(random(2, 1), [2]),
    y: await output([2, 3]),
    mean: await output([2]),
    rstd: await output([2]),
  };
  const run = runOp((pass) => layerNormForward(pass, t, 1e-5));
  await expect(run).rejects.toThrow('layerNorm: expected bias [3], got [2]');
});
