// RMSNorm of every query and key head, by the reference of RMSNorm, head after head; value heads pass through.
import { rmsNormBackward, rmsNormForward } from './rmsNorm.ts';

interface Sizes {
  rows: number;
  heads: number;
  kvHeads: number;
  headDim: number;
}

type Values = Float32Array | Float64Array;

/** Every head that is normed: where it starts, and its weight. */
function* normedHeads<W>({ rows, heads, kvHeads, headDim }: Sizes, qWeight: W, kWeight: W) {
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads + kvHeads; head++) {
      const start = (row * (heads + 2 * kvHeads) + head) * headDim;
      yield { start, end: start + headDim, weight: head < heads ? qWeight : kWeight };
    }
  }
}

/** raw: [rows, (heads + 2·kvHeads)·headDim]; weights: [headDim]. */
export function headNormForward(raw: Values, qWeight: Values, kWeight: Values, sizes: Sizes, eps: number) {
  const qkv = Float64Array.from(raw);
  for (const { start, end, weight } of normedHeads(sizes, qWeight, kWeight)) {
    qkv.set(rmsNormForward(raw.subarray(start, end), weight, 1, sizes.headDim, eps).y, start);
  }
  return qkv;
}

export function headNormBackward(
  raw: Values,
  qWeight: Values,
  kWeight: Values,
  dqkv: Values,
  sizes: Sizes,
  eps: number,
) {
  const draw = Float64Array.from(dqkv);
  for (const { start, end, weight } of normedHeads(sizes, qWeight, kWeight)) {
    const [x, dy] = [raw.subarray(start, end), dqkv.subarray(start, end)];
    draw.set(rmsNormBackward(x, weight, dy, 1, sizes.headDim, eps), start);
  }
  return draw;
}
