/**
 * The quantized tensor types of GGUF that can be read: blocks of consecutive elements of one row, each with its own
 * scale. Names, elements and bytes as ggml has them; what the bytes mean is in ggufBlocks.ts.
 * Source: ggml, `ggml/src/ggml-common.h`.
 */
import type { Dtype } from './safetensors.ts';

/** Elements and bytes of one block. A row of a matrix is a whole number of blocks. */
export const BLOCK_TYPES = {
  Q4_0: { elements: 32, sizeBytes: 18 },
  Q4_1: { elements: 32, sizeBytes: 20 },
  Q5_0: { elements: 32, sizeBytes: 22 },
  Q5_1: { elements: 32, sizeBytes: 24 },
  Q8_0: { elements: 32, sizeBytes: 34 },
  Q2_K: { elements: 256, sizeBytes: 84 },
  Q3_K: { elements: 256, sizeBytes: 110 },
  Q4_K: { elements: 256, sizeBytes: 144 },
  Q5_K: { elements: 256, sizeBytes: 176 },
  Q6_K: { elements: 256, sizeBytes: 210 },
  IQ4_NL: { elements: 32, sizeBytes: 18 },
  IQ4_XS: { elements: 256, sizeBytes: 136 },
} as const;

export type BlockType = keyof typeof BLOCK_TYPES;

/** What a stored tensor may hold: elements one by one (safetensors, GGUF), or blocks (GGUF). */
export type StoredType = Dtype | BlockType;

export function isBlockDtype(dtype: StoredType): dtype is BlockType {
  return Object.hasOwn(BLOCK_TYPES, dtype);
}
