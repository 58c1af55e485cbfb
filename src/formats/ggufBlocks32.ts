/**
 * GGUF's blocks of 32 elements. Where elements are nibbles, element i < 16 is the low nibble of byte i and element
 * i + 16 the high one; a fifth bit of each lies in a word of its own before the nibbles.
 * Each function writes one block, from byte `at`, to `values` from `start`.
 */
import { halfAt } from './dtypes.ts';

/** f16 scale, 32 int8: x = scale · q. */
export function readQ80(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 32; i++) values[start + i] = scale * ((bytes[at + 2 + i]! << 24) >> 24);
}

/** f16 scale, 32 nibbles: x = scale · (q - 8). */
export function readQ40(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i]!;
    values[start + i] = scale * ((pair & 15) - 8);
    values[start + i + 16] = scale * ((pair >> 4) - 8);
  }
}

/** f16 scale and minimum, 32 nibbles: x = scale · q + minimum. */
export function readQ41(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  const minimum = halfAt(bytes, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i]!;
    values[start + i] = scale * (pair & 15) + minimum;
    values[start + i + 16] = scale * (pair >> 4) + minimum;
  }
}

/** f16 scale, word of fifth bits, 32 nibbles: x = scale · (q - 16). */
export function readQ50(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  const high = wordAt(bytes, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i]!;
    values[start + i] = scale * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
    values[start + i + 16] = scale * (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
  }
}

/** f16 scale and minimum, word of fifth bits, 32 nibbles: x = scale · q + minimum. */
export function readQ51(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  const minimum = halfAt(bytes, at + 2);
  const high = wordAt(bytes, at + 4);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 8 + i]!;
    values[start + i] = scale * ((pair & 15) | (((high >>> i) & 1) << 4)) + minimum;
    values[start + i + 16] = scale * ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) + minimum;
  }
}

/** What the nibbles of IQ4_NL and IQ4_XS stand for (`kvalues_iq4nl`). */
export const IQ4_VALUES = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** f16 scale, 32 nibbles: x = scale · table[q]. */
export function readIq4nl(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i]!;
    values[start + i] = scale * IQ4_VALUES[pair & 15]!;
    values[start + i + 16] = scale * IQ4_VALUES[pair >> 4]!;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
