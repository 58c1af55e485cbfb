// Matrices of standard normal numbers from a seed, as the random thing to compare with.
import { type Columns, zeroColumns } from './columns.ts';
import { thinQr } from './thinQr.ts';

/** mulberry32: a 32-bit generator that is good enough for a comparison, and the same everywhere. */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller 1958. */
export function gaussian(rows: number, cols: number, seed: number): Columns {
  const next = uniforms(seed);
  const matrix = zeroColumns(rows, cols);
  for (let i = 0; i < matrix.values.length; i++) {
    matrix.values[i] = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  }
  return matrix;
}

/** An orthonormal basis, evenly spread over all: the singular vectors of a random matrix are one such. */
export function randomDirections(rows: number, cols: number, seed: number): Columns {
  return thinQr(gaussian(rows, Math.min(rows, cols), seed)).q;
}
