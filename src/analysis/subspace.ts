// How much two subspaces have in common. Hu et al. 2021 (arXiv 2106.09685), section 7.2, equation 4:
//   φ(A₁, A₂, i, j) = ‖U₁ⁱᵀ·U₂ʲ‖²_F / min(i, j)
// with the top i directions of the one and the top j of the other: 0 for nothing in common, 1 where one holds the other.
import { type Columns, multiplyTransposed } from './columns.ts';
import { randomDirections } from './gaussian.ts';

/** φ for every i and j, row-major [first.cols, second.cols], element (i − 1, j − 1). Columns orthonormal. */
export function subspaceSimilarity(first: Columns, second: Columns): Float64Array {
  const overlap = multiplyTransposed(first, second);
  const [rows, cols] = [first.cols, second.cols];
  const sums = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    let inRow = 0;
    for (let j = 0; j < cols; j++) {
      inRow += overlap.values[j * rows + i]! ** 2;
      sums[i * cols + j] = inRow + (i > 0 ? sums[(i - 1) * cols + j]! : 0);
    }
  }
  return sums.map((sum, index) => sum / (Math.min(Math.floor(index / cols), index % cols) + 1));
}

/** φ of two random matrices of the same sizes, for scale. */
export function randomSimilarity(size: number, firstCols: number, secondCols: number, seed: number): Float64Array {
  return subspaceSimilarity(randomDirections(size, firstCols, seed), randomDirections(size, secondCols, seed + 1));
}
