/**
 * GGUF's blocks as the GPU reads them (shaders/linear/weight.wgsl): the same numbers to the bit, in whole 32-bit words.
 * Q4_1, Q4_K and Q5_K are taken as they are; Q6_K is padded; Q8_0 and Q5_0 become q8, and Q4_0 becomes q4 with the
 * minimum -8 · scale, exact in f16 unless the scale is beyond 8188 (a RangeError).
 */
import { BLOCK_TYPES, type BlockType } from './blockTypes.ts';
import { halfAt } from './dtypes.ts';

/** The GPU's format for each of GGUF's that has one. */
export const GPU_BLOCKS = {
  Q8_0: 'q8',
  Q5_0: 'q8',
  Q4_0: 'q4',
  Q4_1: 'q4',
  Q4_K: 'q4k',
  Q5_K: 'q5k',
  Q6_K: 'q6k',
} as const satisfies Partial<Record<BlockType, string>>;

export type RepackedType = keyof typeof GPU_BLOCKS;

export function isRepacked(dtype: string): dtype is RepackedType {
  return Object.hasOwn(GPU_BLOCKS, dtype);
}

/** Whole blocks of `type`, as blocks of `GPU_BLOCKS[type]`. May be the input itself. */
export function repackBlocks(bytes: Uint8Array<ArrayBuffer>, type: RepackedType): Uint8Array<ArrayBuffer> {
  const blocks = bytes.length / BLOCK_TYPES[type].sizeBytes;
  if (!Number.isInteger(blocks)) throw new RangeError(`repackBlocks: ${bytes.length} bytes cut a ${type} block`);
  switch (type) {
    case 'Q4_1':
    case 'Q4_K':
    case 'Q5_K':
      return bytes;
    case 'Q6_K':
      return spread(bytes, blocks, 210, 212, 0);
    case 'Q8_0':
      return widenScales(bytes, spread(bytes, blocks, 34, 36, 2), 34);
    case 'Q5_0':
      return widenScales(bytes, fiveBits(bytes, blocks), 22);
    case 'Q4_0':
      return addMinima(spread(bytes, blocks, 18, 20, 2), blocks);
  }
}

/** Blocks of `fromBytes` at every `toBytes`, `shift` bytes into their place. */
function spread(from: Uint8Array, blocks: number, fromBytes: number, toBytes: number, shift: number) {
  const to = new Uint8Array(blocks * toBytes);
  for (let block = 0; block < blocks; block++) {
    to.set(from.subarray(block * fromBytes, (block + 1) * fromBytes), block * toBytes + shift);
  }
  return to;
}

/** Writes the f16 at the start of each block of `from` as f32 at the start of each q8 block. */
function widenScales(from: Uint8Array, to: Uint8Array<ArrayBuffer>, fromBytes: number) {
  const floats = new Float32Array(to.buffer);
  for (let block = 0; 9 * block < floats.length; block++) floats[9 * block] = halfAt(from, block * fromBytes);
  return to;
}

/** Q5_0 without its scale: low halves of a byte as in Q4_0, the fifth bits in 4 bytes before them; q - 16. */
function fiveBits(from: Uint8Array, blocks: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(blocks * 36);
  for (let block = 0; block < blocks; block++) {
    const at = block * 22 + 2;
    const out = block * 36 + 4;
    for (let i = 0; i < 32; i++) {
      const fifth = (from[at + (i >> 3)]! >> (i & 7)) & 1;
      const low = (from[at + 4 + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15;
      to[out + i] = (low | (fifth << 4)) - 16;
    }
  }
  return to;
}

/** Q4_0's scale stands where q4's minimum goes: moves it to its place, and writes -8 · scale. */
function addMinima(to: Uint8Array<ArrayBuffer>, blocks: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(to.buffer);
  for (let block = 0; block < blocks; block++) {
    const scale = words[5 * block]! >>> 16;
    words[5 * block] = scale | (timesMinusEight(scale) << 16);
  }
  return to;
}

/** An f16's bits, times -8. */
function timesMinusEight(half: number): number {
  let magnitude = half & 0x7fff;
  // Three doublings. A subnormal's bits double, and turn into a normal number's on the way; a normal's exponent grows.
  for (let i = 0; i < 3; i++) magnitude = magnitude < 0x400 ? magnitude * 2 : magnitude + 0x400;
  if (magnitude >= 0x7c00) throw new RangeError('holds a Q4_0 scale beyond 8188, which q4 cannot hold');
  return (~half & 0x8000) | magnitude;
}
