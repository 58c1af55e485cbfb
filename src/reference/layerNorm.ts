// LayerNorm in plain loops, in f64. y = (x − mean) · rstd · weight + bias, rstd = 1/sqrt(variance + eps).

type Numbers = ArrayLike<number>;

export interface LayerNormSizes {
  rows: number;
  cols: number;
  eps: number;
}

export function layerNormForward(x: Numbers, weight: Numbers, bias: Numbers, { rows, cols, eps }: LayerNormSizes) {
  const y = new Float64Array(rows * cols);
  const mean = new Float64Array(rows);
  const rstd = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < cols; c++) sum += x[r * cols + c]!;
    mean[r] = sum / cols;
    let squares = 0;
    for (let c = 0; c < cols; c++) squares += (x[r * cols + c]! - mean[r]!) ** 2;
    rstd[r] = 1 / Math.sqrt(squares / cols + eps);
    for (let c = 0; c < cols; c++) {
      y[r * cols + c] = (x[r * cols + c]! - mean[r]!) * rstd[r]! * weight[c]! + bias[c]!;
    }
  }
  return { y, mean, rstd };
}

/** dx of y = n · weight + bias, n = (x − mean) · rstd: rstd · (dn − mean(dn) − n · mean(dn · n)). */
export function layerNormBackward(x: Numbers, weight: Numbers, dy: Numbers, sizes: LayerNormSizes) {
  const { rows, cols } = sizes;
  const dx = new Float64Array(rows * cols);
  const { mean, rstd } = layerNormForward(x, weight, new Float64Array(cols), sizes);
  for (let r = 0; r < rows; r++) {
    const n = (c: number) => (x[r * cols + c]! - mean[r]!) * rstd[r]!;
    const dn = (c: number) => dy[r * cols + c]! * weight[c]!;
    let [sum, products] = [0, 0];
    for (let c = 0; c < cols; c++) {
      sum += dn(c);
      products += dn(c) * n(c);
    }
    for (let c = 0; c < cols; c++) dx[r * cols + c] = rstd[r]! * (dn(c) - sum / cols - (n(c) * products) / cols);
  }
  return dx;
}
