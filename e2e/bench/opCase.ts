// One op as `ops.ts` measures it.
import type { Pass } from '../../src/gpu/plan.ts';
import { elementCount, storedBytes, type Tensor } from '../../src/gpu/tensor.ts';

export interface OpCase {
  readonly name: string;
  record(pass: Pass): void;
  /** Needed arithmetic; a multiply-add is two. */
  readonly operations: number;
  /** Every operand once. */
  readonly bytes: number;
  /** Largest difference from the reference over its largest value, after at least one run. */
  check(): Promise<number>;
}

/** Rows of every case: the step's 4 × 128. */
export const ROWS = 512;

export function bytesOf(...tensors: Tensor[]): number {
  return tensors.reduce((sum, { shape, type }) => sum + storedBytes(elementCount(shape), type), 0);
}
