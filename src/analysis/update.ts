// ΔW = scaling·B·A, never formed: QR of B and of Aᵀ, then the SVD of the r × r matrix between them.
//   B = Q_B·R_B,  Aᵀ = Q_A·R_A   ⇒   ΔW = Q_B·(scaling·R_B·R_Aᵀ)·Q_Aᵀ
import { type Columns, fromRowMajor, fromRows, multiply } from './columns.ts';
import { type Svd, svd, transposed } from './svd.ts';
import { thinQr } from './thinQr.ts';

/** The factors of one adapted matrix [outFeatures, inFeatures]. */
export interface Factors {
  readonly rank: number;
  readonly scaling: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [rank, inFeatures], row-major. */
  readonly a: ArrayLike<number>;
  /** [outFeatures, rank], row-major. */
  readonly b: ArrayLike<number>;
}

/** Singular values and vectors of ΔW: u [outFeatures, p], v [inFeatures, p], p ≤ rank. */
export function updateSvd({ a, b, scaling, inFeatures, outFeatures }: Factors): Svd {
  const left = thinQr(fromRowMajor(b, outFeatures));
  const right = thinQr(fromRows(a, inFeatures));
  const core = multiply(scaled(left.r, scaling), transposed(right.r));
  const { u, values, v } = svd(core);
  return { u: multiply(left.q, u), values, v: multiply(right.q, v) };
}

/** Right singular vectors of A, [inFeatures, p], by falling singular value: the directions of its input that A reads. */
export function inputDirections({ a, inFeatures }: Factors): Columns {
  return svd(fromRows(a, inFeatures)).u;
}

function scaled({ rows, cols, values }: Columns, by: number): Columns {
  return { rows, cols, values: values.map((value) => by * value) };
}

/** ‖ΔW‖_F, from its singular values. */
export function frobenius(singularValues: ArrayLike<number>): number {
  return Math.sqrt(Array.from(singularValues).reduce((sum, value) => sum + value * value, 0));
}

/**
 * How many directions carry the update: exp of the entropy of the singular values as shares of their sum,
 * exp(−Σ pᵢ ln pᵢ) with pᵢ = σᵢ / Σ σ. From 1 to the rank; 0 for a zero update. Roy and Vetterli, "The effective rank: a
 * measure of effective dimensionality" (EUSIPCO 2007).
 */
export function effectiveRank(singularValues: ArrayLike<number>): number {
  const values = Array.from(singularValues);
  const sum = values.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const entropy = values.reduce(
    (total, value) => (value > 0 ? total - (value / sum) * Math.log(value / sum) : total),
    0,
  );
  return Math.exp(entropy);
}
