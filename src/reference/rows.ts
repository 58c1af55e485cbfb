// Picking rows and putting them back, in plain loops. An embedding lookup is picking rows of its table.

/** y[i] = x[index[i]], zeros where index[i] is no row of x. x: [sourceRows, cols]. */
export function gatherRows(x: ArrayLike<number>, index: ArrayLike<number>, sourceRows: number, cols: number) {
  const y = new Float64Array(index.length * cols);
  for (let i = 0; i < index.length; i++) {
    if (index[i]! >= sourceRows) continue;
    for (let c = 0; c < cols; c++) y[i * cols + c] = x[index[i]! * cols + c]!;
  }
  return y;
}

/** The gradient of x: [sourceRows, cols], given dy: [index.length, cols]. */
export function scatterRows(dy: ArrayLike<number>, index: ArrayLike<number>, sourceRows: number, cols: number) {
  const dx = new Float64Array(sourceRows * cols);
  for (let i = 0; i < index.length; i++) {
    if (index[i]! >= sourceRows) continue;
    for (let c = 0; c < cols; c++) dx[index[i]! * cols + c]! += dy[i * cols + c]!;
  }
  return dx;
}
