// Picking rows, in plain loops. An embedding lookup is picking rows of its table.

/** y[i] = x[index[i]], zeros where index[i] is no row of x. x: [sourceRows, cols]. */
export function gatherRows(x: ArrayLike<number>, index: ArrayLike<number>, sourceRows: number, cols: number) {
  const y = new Float64Array(index.length * cols);
  for (let i = 0; i < index.length; i++) {
    if (index[i]! >= sourceRows) continue;
    for (let c = 0; c < cols; c++) y[i * cols + c] = x[index[i]! * cols + c]!;
  }
  return y;
}
