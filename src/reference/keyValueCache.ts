// Appending to a key–value cache in plain loops: rows of a fused qkv go to the named rows of keys and values.

/** Copies in place; a row of the cache that is past its end is skipped. */
export function cacheAppend(
  qkv: ArrayLike<number>,
  cacheRow: ArrayLike<number>,
  { keys, values }: { keys: Float32Array; values: Float32Array },
  { stride, kOffset, cols }: { stride: number; kOffset: number; cols: number },
): void {
  for (let row = 0; row < cacheRow.length; row++) {
    for (let c = 0; c < cols; c++) {
      const from = row * stride + kOffset + c;
      const to = cacheRow[row]! * cols + c;
      if (to >= keys.length) continue;
      keys[to] = qkv[from]!;
      values[to] = qkv[from + cols]!;
    }
  }
}
