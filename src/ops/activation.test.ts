import { describe, expect, it } from 'vitest';
import type { Pass } from '../gpu/plan.ts';
import type { Tensor } from '../gpu/tensor.ts';
import * as reference from '../reference/activation.ts';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import { type Activation, activationBackward } from './activation.ts';
import { linearForward } from './linear.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

const KINDS = ['gelu', 'geluTanh', 'relu', 'silu'] as const;

const SHAPES = [
  [1, 1],
  [3, 67],
  [130, 96],
] as const;

const CASES = TARGETS.flatMap((target) => SHAPES.map(([rows, cols]) => ({ target, rows, cols })));

/** Where the functions bend, and far out, where a careless exp or tanh overflows. */
const EXTREMES = [
  0, -1e-6, 1e-6, -3, -5, 5, -8.9, -9.1, -13, 13, -40, 40, -90, 90, -1e4, 1e4, -1e10, 1e10, -1e30, 1e30,
];

/** Values in [-6, 6): where the functions are neither 0 nor the identity. */
const bend = (count: number, seed: number) => random(count, seed).map((value) => 6 * value);

/** y = act(x), as it leaves with a product: here the product with the identity. x, y: [rows, cols] */
async function forward(x: Tensor, y: Tensor, kind: Activation): Promise<(pass: Pass) => void> {
  const [rows = 0, cols = 0] = x.shape;
  const identity = Float32Array.from({ length: cols * cols }, (_, i) => (i % (cols + 1) === 0 ? 1 : 0));
  const weight = { rows: cols, cols, parts: [{ tensor: await input(identity, [cols, cols]), rowStart: 0 }] };
  const product = await output([rows, cols]);
  return (pass) => linearForward(pass, { x, weight, y: product, activate: { y, activation: kind } });
}

describe.each(KINDS)('activation %s', (kind) => {
  it.each(CASES)('agrees with its reference, both ways, for $target [$rows, $cols]', async ({ target, rows, cols }) => {
    const [x, dy] = [bend(rows * cols, 1), random(rows * cols, 2)];
    const t = {
      x: await input(x, [rows, cols]),
      y: await output([rows, cols]),
      dy: await input(dy, [rows, cols]),
      dx: await output([rows, cols]),
    };
    const activate = await forward(t.x, t.y, kind);
    const [y, dx] = await runOpFor(
      target,
      (pass) => {
        activate(pass);
        activationBackward(pass, t, kind);
      },
      t.y,
      t.dx,
    );
    const expectedY = Array.from(x, (value) => reference.activation(kind, value));
    const expectedDx = Array.from(x, (value, i) => reference.activationSlope(kind, value) * dy[i]!);
    expect(relativeError(y!, expectedY)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(dx!, expectedDx)).toBeLessThan(OP_TOLERANCE);
  });

  it('is right at every single extreme argument', async () => {
    const x = Float32Array.from(EXTREMES);
    const t = { x: await input(x, [1, x.length]), y: await output([1, x.length]), dx: await output([1, x.length]) };
    const dy = await input(new Float32Array(x.length).fill(1), [1, x.length]);
    const activate = await forward(t.x, t.y, kind);
    const [y, slope] = await runOp(
      (pass) => {
        activate(pass);
        activationBackward(pass, { ...t, dy }, kind);
      },
      t.y,
      t.dx,
    );
    x.forEach((value, i) => {
      const expected = reference.activation(kind, value);
      expect(relativeError([y![i]!], [expected]) < OP_TOLERANCE || Math.abs(y![i]! - expected) < 1e-6, `${value}`).toBe(
        true,
      );
      expect(Math.abs(slope![i]! - reference.activationSlope(kind, value)), `slope at ${value}`).toBeLessThan(1e-5);
    });
  });

  it('lets NaN through', async () => {
    const t = { x: await input(Float32Array.of(Number.NaN, 1), [2, 1]), y: await output([2, 1]) };
    const [y] = await runOp(await forward(t.x, t.y, kind), t.y);
    expect(y![0]).toBeNaN();
    expect(y![1]).toBeCloseTo(reference.activation(kind, 1), 5);
  });

  it('the reference slope agrees with finite differences', () => {
    const x = Float64Array.from(bend(19, 5));
    const total = (at: Float64Array) => at.reduce((sum, value) => sum + reference.activation(kind, value), 0);
    const slopes = x.map((value) => reference.activationSlope(kind, value));
    expect(relativeError(slopes, finiteDifferences(total, x))).toBeLessThan(1e-6);
  });
});

it('the reference error function has its known values', () => {
  // Abramowitz & Stegun, table 7.1.
  for (const [x, value] of [
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [-2, -0.995322265],
  ] as const) {
    expect(reference.erf(x)).toBeCloseTo(value, 9);
  }
});

it('names the tensor whose shape is wrong', async () => {
  const [x, y, dy] = [await output([2, 4]), await output([2, 3]), await output([2, 2])];
  await expect(runOp(await forward(x, y, 'relu'))).rejects.toThrow(
    'linearForward: expected activated [2,4], got [2,3]',
  );
  await expect(runOp((pass) => activationBackward(pass, { x, dy, dx: x }, 'relu'))).rejects.toThrow(
    'activationBackward: expected dy [2,4], got [2,2]',
  );
});
