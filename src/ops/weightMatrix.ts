// A frozen weight as kernels see it: rows × cols in one of the formats, cut by rows wherever one binding is too small.
import type { Tensor } from '../gpu/tensor.ts';

/** Row blocks of a frozen matrix [rows, cols], in order. Every block but the last has a multiple of 128 rows. */
export interface WeightMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly parts: readonly WeightPart[];
}

export interface WeightPart {
  /** [rows of this part, cols]; its element type is the weight's format. */
  readonly tensor: Tensor;
  readonly rowStart: number;
}

/** Row blocks start at multiples of this many rows: then any block starts on a binding boundary in every format. */
export const PART_ROWS_MULTIPLE = 128;

export function partRows(part: WeightPart): number {
  return part.tensor.shape[0] ?? 0;
}

/** The `@if` conditions that tell the shader how a weight is stored. */
export function formatConditions(tensor: Tensor): { f16: boolean; bf16: boolean } {
  return { f16: tensor.type === 'f16', bf16: tensor.type === 'bf16' };
}
