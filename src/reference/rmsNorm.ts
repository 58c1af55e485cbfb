// RMSNorm in plain loops, in f64. y = x · rstd · weight, rstd = 1/sqrt(mean(x²) + eps).

export function rmsNormForward(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  rows: number,
  cols: number,
  eps: number,
) {
  const y = new Float64Array(rows * cols);
  const rstd = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let squares = 0;
    for (let c = 0; c < cols; c++) squares += x[r * cols + c]! ** 2;
    rstd[r] = 1 / Math.sqrt(squares / cols + eps);
    for (let c = 0; c < cols; c++) y[r * cols + c] = x[r * cols + c]! * rstd[r]! * weight[c]!;
  }
  return { y, rstd };
}

/** dx of y = x · rstd · weight. */
export function rmsNormBackward(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  dy: ArrayLike<number>,
  rows: number,
  cols: number,
  eps: number,
) {
  const dx = new Float64Array(rows * cols);
  const { rstd } = rmsNormForward(x, weight, rows, cols, eps);
  for (let r = 0; r < rows; r++) {
    let products = 0;
    for (let c = 0; c < cols; c++) products += dy[r * cols + c]! * weight[c]! * x[r * cols + c]!;
    const scale = rstd[r]!;
    const slope = (scale * scale * products) / cols;
    for (let c = 0; c < cols; c++)
      dx[r * cols + c] = scale * (dy[r * cols + c]! * weight[c]! - x[r * cols + c]! * slope);
  }
  return dx;
}
