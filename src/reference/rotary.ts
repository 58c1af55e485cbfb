// Rotary position embedding in plain f64 loops, in the "rotate half" pairing, on the first heads of each row of x.

/**
 * x: [rows, cols]; turns elements (i, i + headDim/2) of the first `rotatedHeads` heads by the angle of cosSin
 * [positions, headDim] (cosines, then sines); `direction` −1 turns back.
 */
export function rotate(
  x: ArrayLike<number>,
  positions: ArrayLike<number>,
  cosSin: ArrayLike<number>,
  { cols, rotatedHeads, headDim }: { cols: number; rotatedHeads: number; headDim: number },
  direction: 1 | -1,
) {
  const y = Float64Array.from(x);
  const half = headDim / 2;
  for (let row = 0; row < positions.length; row++) {
    for (let head = 0; head < rotatedHeads; head++) {
      for (let i = 0; i < half; i++) {
        const a = row * cols + head * headDim + i;
        const cosine = cosSin[positions[row]! * headDim + i]!;
        const sine = direction * cosSin[positions[row]! * headDim + half + i]!;
        y[a] = x[a]! * cosine - x[a + half]! * sine;
        y[a + half] = x[a + half]! * cosine + x[a]! * sine;
      }
    }
  }
  return y;
}
