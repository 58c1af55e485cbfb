// A tensor is a shape over bytes that may not exist yet. Plans are recorded over tensors before any buffer is made,
// so that the memory a run needs is known, to the byte, before it starts.
import { GpuUsageError } from './errors.ts';

/** How one element is stored. `f16` and `bf16` are packed two to a 32-bit word. */
export type ElementType = 'f32' | 'u32' | 'f16' | 'bf16';

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

/** Bytes of `count` elements, rounded up to whole 32-bit words. */
export function storedBytes(count: number, type: ElementType): number {
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
