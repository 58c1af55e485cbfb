/**
 * Quantized blocks as numbers, on the CPU. Every value is one rounding away from exact, as in ggml: a product of an f16
 * scale with a few bits has no more than 24 significant bits, and adding a minimum rounds once.
 * Source: ggml, `ggml/src/ggml-quants.c` (`dequantize_row_*`).
 */
import { BLOCK_TYPES, type BlockType } from './blockTypes.ts';
import { readIq4nl, readQ40, readQ41, readQ50, readQ51, readQ80 } from './ggufBlocks32.ts';
import { readIq4xs, readQ2k, readQ3k, readQ4k, readQ5k, readQ6k } from './ggufBlocks256.ts';

/** Writes one block's elements, from byte `at` of `bytes`, to `values` from `start`. */
type BlockReader = (bytes: Uint8Array, at: number, values: Float32Array, start: number) => void;

const READERS: Readonly<Record<BlockType, BlockReader>> = {
  Q4_0: readQ40,
  Q4_1: readQ41,
  Q5_0: readQ50,
  Q5_1: readQ51,
  Q8_0: readQ80,
  Q2_K: readQ2k,
  Q3_K: readQ3k,
  Q4_K: readQ4k,
  Q5_K: readQ5k,
  Q6_K: readQ6k,
  IQ4_NL: readIq4nl,
  IQ4_XS: readIq4xs,
};

/** `count` elements of whole blocks. Throws a RangeError where `bytes` are not exactly those blocks. */
export function dequantizeBlocks(bytes: Uint8Array, type: BlockType, count: number): Float32Array<ArrayBuffer> {
  const { elements, sizeBytes } = BLOCK_TYPES[type];
  const blocks = count / elements;
  if (!Number.isInteger(blocks) || bytes.length !== blocks * sizeBytes) {
    throw new RangeError(
      `dequantizeBlocks: expected ${count} elements as whole ${type} blocks, got ${bytes.length} bytes`,
    );
  }
  const read = READERS[type];
  const values = new Float32Array(count);
  for (let block = 0; block < blocks; block++) read(bytes, block * sizeBytes, values, block * elements);
  return values;
}
