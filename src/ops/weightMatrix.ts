// A frozen weight as kernels see it: rows × cols in one of the formats, cut by rows wherever one binding is too small.
import { type ElementType, isBlockType, type Tensor } from '../gpu/tensor.ts';

/** How a weight may be kept. */
export type WeightType = Exclude<ElementType, 'u32'>;

/** Row blocks of a frozen matrix [rows, cols], in order. */
export interface WeightMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly parts: readonly WeightPart[];
}

export interface WeightPart {
  /** [rows of this part, cols]; its element type is the part's format. */
  readonly tensor: Tensor;
  readonly rowStart: number;
}

/** Tensors are cut at multiples of this many rows: then any cut is on a binding boundary in every format. */
export const PART_ROWS_MULTIPLE = 128;

export function partRows(part: WeightPart): number {
  return part.tensor.shape[0] ?? 0;
}

/**
 * The `@if` conditions that tell shaders/linear/weight how a weight is stored. `nativeF16`: the device has `shader-f16`,
 * so that f16 weights can be read as such.
 */
export function formatConditions(tensor: Tensor, options: { nativeF16?: boolean } = {}): Record<string, boolean> {
  if (tensor.type === 'f32') return {};
  return {
    [tensor.type]: true,
    ...(isBlockType(tensor.type) ? { blocks: true } : {}),
    ...(tensor.type === 'f16' && options.nativeF16 ? { nativeF16: true } : {}),
  };
}
