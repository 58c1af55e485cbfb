import { describe, expect, it } from 'vitest';
import { type Columns, column, multiply, multiplyTransposed, zeroColumns } from './columns.ts';
import { timesVector } from './frozenMatrix.ts';
import { gaussian, randomDirections } from './gaussian.ts';
import { randomSimilarity, subspaceSimilarity } from './subspace.ts';
import { svd, transposed } from './svd.ts';
import { thinQr } from './thinQr.ts';
import { topSingularValues } from './topSingularValues.ts';
import { effectiveRank, updateSvd } from './update.ts';

/** Rounding in f64, over some thousand operations. */
const ROUNDING = 1e-11;

function expectSame(got: Columns, wanted: Columns) {
  expect([got.rows, got.cols]).toEqual([wanted.rows, wanted.cols]);
  const worst = got.values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted.values[i]!)), 0);
  expect(worst).toBeLessThan(ROUNDING);
}

function identity(size: number): Columns {
  const one = zeroColumns(size, size);
  for (let j = 0; j < size; j++) column(one, j)[j] = 1;
  return one;
}

const SHAPES = [
  [1, 1],
  [7, 1],
  [1, 5],
  [33, 8],
  [6, 20],
  [24, 24],
] as const;

describe('thin QR', () => {
  it.each(SHAPES)('%d × %d: Q orthonormal, Q·R the matrix', (rows, cols) => {
    const m = gaussian(rows, cols, 3);
    const { q, r } = thinQr(m);
    expectSame(multiplyTransposed(q, q), identity(q.cols));
    expectSame(multiply(q, r), m);
  });

  it('has an orthonormal Q for a matrix of zeros', () => {
    const { q } = thinQr(zeroColumns(9, 4));
    expectSame(multiplyTransposed(q, q), identity(4));
  });
});

describe('SVD', () => {
  it.each(SHAPES)('%d × %d: orthonormal sides, values falling, their product the matrix', (rows, cols) => {
    const m = gaussian(rows, cols, 4);
    const { u, values, v } = svd(m);
    expectSame(multiplyTransposed(u, u), identity(u.cols));
    expectSame(multiplyTransposed(v, v), identity(v.cols));
    expect(Array.from(values)).toEqual(Array.from(values).sort((a, b) => b - a));
    const stretched = { ...u, values: u.values.map((value, i) => value * values[Math.floor(i / rows)]!) };
    expectSame(multiply(stretched, transposed(v)), m);
  });

  it('keeps both sides orthonormal where the matrix is short of rank', () => {
    const { u, values, v } = svd(multiply(gaussian(12, 2, 5), transposed(gaussian(12, 2, 6))));
    expect(values[2]!).toBeLessThan(ROUNDING);
    expectSame(multiplyTransposed(v, v), identity(12));
    expectSame(multiplyTransposed(svd(zeroColumns(5, 5)).u, svd(zeroColumns(5, 5)).u), identity(5));
    expect(u.cols).toBe(12);
  });
});

describe('an update', () => {
  it('has no more directions than its matrix has sides', () => {
    const update = { rank: 6, scaling: 2, inFeatures: 4, outFeatures: 5 };
    const { values } = updateSvd({ ...update, a: gaussian(6, 4, 1).values, b: gaussian(5, 6, 2).values });
    expect(values.length).toBe(4);
  });

  it('counts equal directions, and none of a zero update', () => {
    expect(effectiveRank([2, 2, 2, 0])).toBeCloseTo(3);
    expect(effectiveRank([5, 0, 0])).toBeCloseTo(1);
    expect(effectiveRank([0, 0])).toBe(0);
  });
});

describe('the largest singular values', () => {
  it.each([
    [40, 90, 5],
    [90, 40, 5],
    [12, 12, 12],
    [1, 30, 3],
  ])('%d × %d, %d of them, are those of the whole decomposition', async (rows, cols, count) => {
    const m = gaussian(rows, cols, 7);
    const values = Float32Array.from(transposed(m).values);
    const exact = svd({
      rows,
      cols,
      values: transposed({ rows: cols, cols: rows, values: Float64Array.from(values) }).values,
    });
    const got = await topSingularValues({ rows, cols, values }, { count, seed: 9, breathe: async () => {} });
    expect(got.length).toBe(Math.min(count, rows, cols));
    got.forEach((value, i) => {
      expect(Math.abs(value - exact.values[i]!)).toBeLessThan(1e-9 * exact.values[0]!);
    });
  });

  it('finds repeated values, and zeros', async () => {
    const values = new Float32Array(64);
    for (let i = 0; i < 4; i++) values[i * 9] = 3;
    const options = { count: 6, seed: 1, breathe: async () => {} };
    const got = await topSingularValues({ rows: 8, cols: 8, values }, options);
    expect(Array.from(got, (value) => Math.round(value * 1e6) / 1e6)).toEqual([3, 3, 3, 3, 0, 0]);
  });
});

describe('subspace similarity', () => {
  it('is 1 for a subspace with itself, and for one inside another', () => {
    const basis = randomDirections(20, 6, 1);
    expect(subspaceSimilarity(basis, basis).every((phi) => phi > 1 - ROUNDING)).toBe(true);
  });

  it('of random ones is about max(i, j) of the dimensions', () => {
    const phi = randomSimilarity(400, 4, 40, 2);
    expect(phi[3 * 40 + 39]!).toBeGreaterThan(0.05);
    expect(phi[3 * 40 + 39]!).toBeLessThan(0.2);
  });
});

it('multiplies by rows', () => {
  expect(
    Array.from(timesVector({ rows: 2, cols: 2, values: Float32Array.of(1, 2, 3, 4) }, Float64Array.of(1, 10))),
  ).toEqual([21, 43]);
});
