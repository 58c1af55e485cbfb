// A tensor is a shape over bytes that may not exist yet. Plans are recorded over tensors before any buffer is made,
// so that the memory a run needs is known, to the byte, before it starts.
import { GpuUsageError } from './errors.ts';

/**
 * How elements are stored. `f16` and `bf16` are packed two to a 32-bit word; the rest are blocks of one row, whole words
 * each (see BLOCKS).
 */
export type ElementType = 'f32' | 'u32' | 'f16' | 'bf16' | BlockElementType;

/** Quantized blocks as the GPU holds them; their layout is in shaders/linear/weight.wgsl. */
export type BlockElementType = 'q8' | 'q4' | 'nf4' | 'q4k' | 'q5k' | 'q6k';

/** Elements and bytes of one block. A row of a matrix is a whole number of blocks. */
export const BLOCKS: Readonly<Record<BlockElementType, { elements: number; sizeBytes: number }>> = {
  // f32 scale, 32 int8.
  q8: { elements: 32, sizeBytes: 36 },
  // f16 scale and minimum, 32 nibbles: GGUF's Q4_1. Q4_0 is the case minimum = -8 scale.
  q4: { elements: 32, sizeBytes: 20 },
  // f32 largest magnitude, 64 nibbles: indices into the NormalFloat table.
  nf4: { elements: 64, sizeBytes: 36 },
  // GGUF's K-quants as they are; Q6_K is padded to whole words.
  q4k: { elements: 256, sizeBytes: 144 },
  q5k: { elements: 256, sizeBytes: 176 },
  q6k: { elements: 256, sizeBytes: 212 },
};

export function isBlockType(type: ElementType): type is BlockElementType {
  return Object.hasOwn(BLOCKS, type);
}

/** Bindings must start at multiples of this many bytes (WebGPU's default minStorageBufferOffsetAlignment). */
export const BINDING_ALIGNMENT_BYTES = 256;

/** Where bytes live once there is a buffer for them. */
export interface Place {
  readonly buffer: GPUBuffer;
  readonly offsetBytes: number;
}

/** A run of bytes that a planner places: resident (its own buffer, kept) or scratch (placed by lifetime). */
export class Allocation {
  place: Place | undefined;
  constructor(
    readonly label: string,
    readonly sizeBytes: number,
    readonly isScratch: boolean,
  ) {}
}

/** A shape over part of an allocation. Rows are contiguous; the last dimension varies fastest. */
export interface Tensor {
  readonly label: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly allocation: Allocation;
  /** Start within the allocation: a multiple of 256. */
  readonly offsetBytes: number;
}

/** Bytes of `count` elements, rounded up to whole 32-bit words. Throws GpuUsageError when blocks would be cut. */
export function storedBytes(count: number, type: ElementType): number {
  if (isBlockType(type)) {
    const { elements, sizeBytes } = BLOCKS[type];
    if (count % elements !== 0) throw new GpuUsageError(`storedBytes: ${type} has blocks of ${elements}, got ${count}`);
    return (count / elements) * sizeBytes;
  }
  const isHalf = type === 'f16' || type === 'bf16';
  return isHalf ? Math.ceil(count / 2) * 4 : count * 4;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor with an allocation of its own, not yet placed. */
export function newTensor(
  label: string,
  shape: readonly number[],
  { type = 'f32', isScratch = false }: { type?: ElementType; isScratch?: boolean } = {},
): Tensor {
  const sizeBytes = Math.max(4, storedBytes(elementCount(shape), type));
  return { label, shape, type, allocation: new Allocation(label, sizeBytes, isScratch), offsetBytes: 0 };
}

/** A tensor over bytes of another tensor's allocation, `offsetBytes` after its start. */
export function viewOf(
  whole: Tensor,
  label: string,
  shape: readonly number[],
  offsetBytes = 0,
  type: ElementType = whole.type,
): Tensor {
  const start = whole.offsetBytes + offsetBytes;
  const end = start + storedBytes(elementCount(shape), type);
  if (start % BINDING_ALIGNMENT_BYTES !== 0 || end > whole.allocation.sizeBytes) {
    throw new GpuUsageError(
      `viewOf: expected an aligned range inside ${whole.label} (${whole.allocation.sizeBytes} bytes), got ${start}–${end}`,
    );
  }
  return { label, shape, type, allocation: whole.allocation, offsetBytes: start };
}

/** Throws unless `tensor` has exactly this shape. */
export function expectShape(op: string, name: string, tensor: Tensor, shape: readonly number[]): void {
  const matches = tensor.shape.length === shape.length && shape.every((size, i) => size === tensor.shape[i]);
  if (!matches) throw new GpuUsageError(`${op}: expected ${name} [${shape}], got [${tensor.shape}]`);
}
