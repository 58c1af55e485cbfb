// Attention in plain loops, in f64, over the columns of one fused qkv: [rows, (heads + 2·kvHeads)·headDim].
// out = softmax(scale · q kᵀ) v per head, over keys keyStart..keyEnd (inclusive) of each row.

export interface ReferenceAttentionSizes {
  rows: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  scale: number;
}

/** One head of one row: its softmax, and where its q, k and v start. */
function* softmaxRows(
  qkv: ArrayLike<number>,
  keyStart: ArrayLike<number>,
  keyEnd: ArrayLike<number>,
  { rows, heads, kvHeads, headDim, scale }: ReferenceAttentionSizes,
) {
  const stride = (heads + 2 * kvHeads) * headDim;
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor((head * kvHeads) / heads);
      const q = row * stride + head * headDim;
      const scores = [];
      for (let key = keyStart[row]!; key <= keyEnd[row]!; key++) {
        const k = key * stride + (heads + kvHead) * headDim;
        let score = 0;
        for (let d = 0; d < headDim; d++) score += qkv[q + d]! * qkv[k + d]!;
        scores.push({ k, v: k + kvHeads * headDim, score: score * scale });
      }
      const maximum = Math.max(...scores.map(({ score }) => score));
      const sum = scores.reduce((total, { score }) => total + Math.exp(score - maximum), 0);
      const keys = scores.map(({ k, v, score }) => ({ k, v, weight: Math.exp(score - maximum) / sum }));
      yield { row, head, q, keys, lse: maximum + Math.log(sum) };
    }
  }
}

export function attentionForward(
  qkv: ArrayLike<number>,
  keyStart: ArrayLike<number>,
  keyEnd: ArrayLike<number>,
  sizes: ReferenceAttentionSizes,
) {
  const { rows, heads, headDim } = sizes;
  const out = new Float64Array(rows * heads * headDim);
  const lse = new Float64Array(rows * heads);
  for (const { row, head, keys, lse: logSum } of softmaxRows(qkv, keyStart, keyEnd, sizes)) {
    lse[row * heads + head] = logSum;
    for (const { v, weight } of keys) {
      for (let d = 0; d < headDim; d++) out[(row * heads + head) * headDim + d]! += weight * qkv[v + d]!;
    }
  }
  return { out, lse };
}

/** dqkv, given dout: [rows, heads·headDim]. */
export function attentionBackward(
  qkv: ArrayLike<number>,
  dout: ArrayLike<number>,
  keyStart: ArrayLike<number>,
  keyEnd: ArrayLike<number>,
  sizes: ReferenceAttentionSizes,
) {
  const { heads, headDim, scale } = sizes;
  const dqkv = new Float64Array(qkv.length);
  for (const { row, head, q, keys } of softmaxRows(qkv, keyStart, keyEnd, sizes)) {
    const o = (row * heads + head) * headDim;
    const dWeights = keys.map(({ v }) => {
      let sum = 0;
      for (let d = 0; d < headDim; d++) sum += dout[o + d]! * qkv[v + d]!;
      return sum;
    });
    const mean = keys.reduce((sum, { weight }, i) => sum + weight * dWeights[i]!, 0);
    keys.forEach(({ k, v, weight }, i) => {
      const dScore = weight * (dWeights[i]! - mean) * scale;
      for (let d = 0; d < headDim; d++) {
        dqkv[q + d]! += dScore * qkv[k + d]!;
        dqkv[k + d]! += dScore * qkv[q + d]!;
        dqkv[v + d]! += weight * dout[o + d]!;
      }
    });
  }
  return dqkv;
}
