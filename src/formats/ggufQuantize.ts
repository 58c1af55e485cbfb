/**
 * Floats as GGUF's Q8_0 and Q4_0 blocks, the bits of ggml's reference as gguf-py has it: scale in f16, integers chosen with
 * the scale before it is rounded.
 * Source: ggml, `ggml/src/ggml-quants.c` (`quantize_row_q8_0_ref`, `quantize_row_q4_0_ref`); gguf-py, `gguf/quants.py`.
 */
import { BLOCK_TYPES } from './blockTypes.ts';
import { F16_OVERFLOW, fromFloat32 } from './dtypes.ts';
import { quantizeBlocks } from './quantizeBlocks.ts';

export type WrittenBlockType = 'Q8_0' | 'Q4_0';

/**
 * Whole blocks. Throws a RangeError where a block would be cut, or holds what the type cannot: infinity, NaN, or numbers
 * whose scale is beyond f16.
 */
export function quantizeForGguf(values: Float32Array<ArrayBuffer>, type: WrittenBlockType): Uint8Array<ArrayBuffer> {
  const { elements } = BLOCK_TYPES[type];
  if (values.length % elements !== 0) {
    throw new RangeError(`quantizeForGguf: expected whole blocks of ${elements}, got ${values.length} elements`);
  }
  return type === 'Q8_0' ? quantizeQ80(values) : quantizeQ40(values);
}

/** f16 scale, 32 int8: the integers of q8, which keeps its scale in f32. */
function quantizeQ80(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const q8 = quantizeBlocks(values, 'q8');
  const words = new Float32Array(q8.buffer);
  const blocks = values.length / 32;
  const halves = halvesOf(Float32Array.from({ length: blocks }, (_, block) => words[9 * block]!));
  const packed = new Uint8Array(blocks * 34);
  for (let block = 0; block < blocks; block++) {
    packed.set(halves.subarray(2 * block, 2 * block + 2), 34 * block);
    packed.set(q8.subarray(36 * block + 4, 36 * (block + 1)), 34 * block + 2);
  }
  return packed;
}

/** f16 scale, 32 nibbles: the number farthest from zero, sign and all, is -8 scales. */
function quantizeQ40(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const blocks = values.length / 32;
  const scales = new Float32Array(blocks);
  const packed = new Uint8Array(blocks * 18);
  for (let block = 0; block < blocks; block++) {
    const start = 32 * block;
    let farthest = 0;
    let sum = 0;
    for (let i = start; i < start + 32; i++) {
      const value = values[i]!;
      if (Math.abs(value) > Math.abs(farthest)) farthest = value;
      // NaN is nowhere farther, but stays in the sum.
      sum += value;
    }
    if (!Number.isFinite(sum)) throw refusal('Q4_0', sum);
    const scale = farthest / -8;
    scales[block] = scale;
    const inverse = scale === 0 ? 0 : Math.fround(1 / Math.fround(scale));
    for (let i = 0; i < 16; i++) {
      const low = nibble(values[start + i]!, inverse);
      const high = nibble(values[start + i + 16]!, inverse);
      packed[18 * block + 2 + i] = low | (high << 4);
    }
  }
  const halves = halvesOf(scales);
  for (let block = 0; block < blocks; block++) packed.set(halves.subarray(2 * block, 2 * block + 2), 18 * block);
  return packed;
}

/** Product and sum in f32, then cut: where a weight is a half (of an f16 model many are), the last bit decides. */
function nibble(value: number, inverse: number): number {
  return Math.min(15, Math.trunc(Math.fround(Math.fround(value * inverse) + 8.5)));
}

function halvesOf(scales: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const beyond = scales.find((scale) => Math.abs(scale) >= F16_OVERFLOW);
  if (beyond !== undefined) throw refusal('8- and 4-bit blocks', beyond);
  return fromFloat32(scales, 'F16');
}

function refusal(type: string, value: number): RangeError {
  return new RangeError(`holds ${value}, which ${type} cannot hold; use f32`);
}
