import { describe, expect, it } from 'vitest';
import * as reference from '../reference/activation.ts';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import { gatedBackward, gatedForward } from './gated.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';

const CASES = [
  ['silu', 1, 1],
  ['silu', 5, 67],
  ['silu', 40, 1536],
  ['gelu', 5, 67],
  ['geluTanh', 5, 67],
  ['relu', 5, 67],
] as const;

const BY_TARGET = TARGETS.flatMap((target) => CASES.map(([kind, rows, inner]) => ({ target, kind, rows, inner })));

/** Values in [-6, 6): where the functions are neither 0 nor the identity. */
const bend = (count: number, seed: number) => random(count, seed).map((value) => 6 * value);

describe.each(BY_TARGET)('gated $kind for $target [$rows, $inner]', ({ target, kind, rows, inner }) => {
  it('agrees with its reference, forward and backward', async () => {
    const [gateUp, dy] = [bend(rows * 2 * inner, 1), random(rows * inner, 2)];
    const t = {
      gateUp: await input(gateUp, [rows, 2 * inner]),
      y: await output([rows, inner]),
      dy: await input(dy, [rows, inner]),
      dGateUp: await output([rows, 2 * inner]),
    };
    const [y, dGateUp] = await runOpFor(
      target,
      (pass) => {
        gatedForward(pass, t, kind);
        gatedBackward(pass, t, kind);
      },
      t.y,
      t.dGateUp,
    );
    expect(relativeError(y!, reference.gatedForward(kind, gateUp, rows, inner))).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(dGateUp!, reference.gatedBackward(kind, gateUp, dy, rows, inner))).toBeLessThan(OP_TOLERANCE);
  });
});

it('the reference gradient agrees with finite differences', () => {
  const [rows, inner] = [2, 9];
  const [gateUp, dy] = [Float64Array.from(bend(rows * 2 * inner, 3)), random(rows * inner, 4)];
  const loss = (at: Float64Array) =>
    reference.gatedForward('silu', at, rows, inner).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  const expected = finiteDifferences(loss, gateUp);
  expect(relativeError(reference.gatedBackward('silu', gateUp, dy, rows, inner), expected)).toBeLessThan(1e-6);
});

it('names the tensor whose shape is wrong', async () => {
  const [x, y, dy] = [await output([2, 4]), await output([2, 3]), await output([2, 2])];
  await expect(runOp((pass) => gatedForward(pass, { gateUp: x, y }, 'relu'))).rejects.toThrow(
    'gatedForward: expected gateUp [2,6], got [2,4]',
  );
  await expect(runOp((pass) => gatedBackward(pass, { gateUp: x, dy, dGateUp: y }, 'relu'))).rejects.toThrow(
    'gatedBackward: expected dGateUp [2,4], got [2,3]',
  );
});
