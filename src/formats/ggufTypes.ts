/**
 * The types of GGUF's tensors and metadata by their numbers, and what a tensor takes.
 * Source: ggml, `ggml/include/ggml.h` and `docs/gguf.md`.
 */
import { BLOCK_TYPES, isBlockDtype, type StoredType } from './blockTypes.ts';

/** By number. Those that BLOCK_TYPES and FLAT_BYTES lack are known by name only. */
export const GGUF_TYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  4: 'Q4_2',
  5: 'Q4_3',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  30: 'BF16',
  31: 'Q4_0_4_4',
  32: 'Q4_0_4_8',
  33: 'Q4_0_8_8',
  34: 'TQ1_0',
  35: 'TQ2_0',
  36: 'IQ4_NL_4_4',
  37: 'IQ4_NL_4_8',
  38: 'IQ4_NL_8_8',
  39: 'MXFP4',
  40: 'NVFP4',
  41: 'Q1_0',
};

/** Types that are elements one by one. */
const FLAT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1 } as const;

export function isStoredInGguf(name: string): name is StoredType {
  return Object.hasOwn(FLAT_BYTES, name) || Object.hasOwn(BLOCK_TYPES, name);
}

/** Elements and bytes of the smallest piece: a block, or one element. */
export function ggufTypeSize(dtype: StoredType): { elements: number; sizeBytes: number } {
  if (isBlockDtype(dtype)) return BLOCK_TYPES[dtype];
  for (const [name, sizeBytes] of Object.entries(FLAT_BYTES)) if (name === dtype) return { elements: 1, sizeBytes };
  throw new RangeError(`ggufTypeSize: GGUF has no type ${dtype}`);
}

/** Bytes of a tensor whose rows are whole blocks. */
export function tensorBytes(dtype: StoredType, shape: readonly number[]): number {
  const { elements, sizeBytes } = ggufTypeSize(dtype);
  return (shape.reduce((product, size) => product * size, 1) / elements) * sizeBytes;
}

/** The number of a type that GGUF can store. */
export function ggufTypeNumber(dtype: StoredType): number {
  const found = Object.entries(GGUF_TYPE_NAMES).find(([, name]) => name === dtype);
  if (!found) throw new RangeError(`ggufTypeNumber: GGUF has no type ${dtype}`);
  return Number(found[0]);
}

/** Metadata values by number. */
export const GGUF_VALUE_TYPES = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;
