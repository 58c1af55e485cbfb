/**
 * GGUF's blocks of 256 elements (K-quants and IQ4_XS): runs of 16 or 32 elements, each with a small scale of its own that
 * a scale of the whole block multiplies. Each function writes one block, from byte `at`, to `values` from `start`.
 */
import { halfAt } from './dtypes.ts';
import { IQ4_VALUES } from './ggufBlocks32.ts';

/** The 6-bit scale of run 0…7 of Q4_K and Q5_K, packed into 12 bytes at `at` (`get_scale_min_k4`). */
function runScale(bytes: Uint8Array, at: number, run: number): number {
  if (run < 4) return bytes[at + run]! & 63;
  return (bytes[at + run + 4]! & 15) | ((bytes[at + run - 4]! >> 6) << 4);
}

function runMinimum(bytes: Uint8Array, at: number, run: number): number {
  if (run < 4) return bytes[at + run + 4]! & 63;
  return (bytes[at + run + 4]! >> 4) | ((bytes[at + run]! >> 6) << 4);
}

/** f16 scale and minimum, 12 bytes of run scales, 128 bytes of nibbles: x = scale·s·q - minimum·m, runs of 32. */
export function readQ4k(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  const minimum = halfAt(bytes, at + 2);
  for (let run = 0; run < 8; run++) {
    const s = scale * runScale(bytes, at + 4, run);
    const m = minimum * runMinimum(bytes, at + 4, run);
    const shift = (run & 1) * 4;
    const from = at + 16 + (run >> 1) * 32;
    for (let i = 0; i < 32; i++) values[start + run * 32 + i] = s * ((bytes[from + i]! >> shift) & 15) - m;
  }
}

/** As Q4_K, with 32 bytes of fifth bits (bit `run` of byte i) before the nibbles. */
export function readQ5k(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  const minimum = halfAt(bytes, at + 2);
  for (let run = 0; run < 8; run++) {
    const s = scale * runScale(bytes, at + 4, run);
    const m = minimum * runMinimum(bytes, at + 4, run);
    const shift = (run & 1) * 4;
    const from = at + 48 + (run >> 1) * 32;
    for (let i = 0; i < 32; i++) {
      const high = (bytes[at + 16 + i]! >> run) & 1;
      values[start + run * 32 + i] = s * (((bytes[from + i]! >> shift) & 15) | (high << 4)) - m;
    }
  }
}

/** 128 bytes of nibbles, 64 of high bit pairs, 16 int8 scales of runs of 16, f16 scale: x = scale·s·(q - 32). */
export function readQ6k(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at + 208);
  for (let run = 0; run < 16; run++) {
    const s = scale * ((bytes[at + 192 + run]! << 24) >> 24);
    // Halves of 128 elements; of each, quarters of 32: nibbles 0…31 low, 32…63 low, 0…31 high, 32…63 high.
    const half = run >> 3;
    const quarter = (run >> 1) & 3;
    const within = (run & 1) * 16;
    const low = at + half * 64 + (quarter & 1) * 32 + within;
    const high = at + 128 + half * 32 + within;
    const shift = (quarter >> 1) * 4;
    for (let i = 0; i < 16; i++) {
      const q = ((bytes[low + i]! >> shift) & 15) | (((bytes[high + i]! >> (quarter * 2)) & 3) << 4);
      values[start + run * 16 + i] = s * (q - 32);
    }
  }
}

/** 16 bytes of run scales (low nibble) and minima (high), 64 of bit pairs, f16 scale and minimum; runs of 16. */
export function readQ2k(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at + 80);
  const minimum = halfAt(bytes, at + 82);
  for (let run = 0; run < 16; run++) {
    const both = bytes[at + run]!;
    const s = scale * (both & 15);
    const m = minimum * (both >> 4);
    const from = at + 16 + (run >> 3) * 32 + (run & 1) * 16;
    const shift = ((run >> 1) & 3) * 2;
    for (let i = 0; i < 16; i++) values[start + run * 16 + i] = s * ((bytes[from + i]! >> shift) & 3) - m;
  }
}

/** 32 bytes of third bits, 64 of bit pairs, 12 of 6-bit run scales, f16 scale: x = scale·(s - 32)·(q - 4), runs of 16. */
export function readQ3k(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at + 108);
  for (let run = 0; run < 16; run++) {
    const lowBits = (bytes[at + 96 + (run & 7)]! >> ((run >> 3) * 4)) & 15;
    const highBits = (bytes[at + 104 + (run & 3)]! >> ((run >> 2) * 2)) & 3;
    const s = scale * ((lowBits | (highBits << 4)) - 32);
    const within = (run & 1) * 16;
    const from = at + 32 + (run >> 3) * 32 + within;
    const shift = ((run >> 1) & 3) * 2;
    for (let i = 0; i < 16; i++) {
      const high = (bytes[at + within + i]! >> (run >> 1)) & 1;
      values[start + run * 16 + i] = s * (((bytes[from + i]! >> shift) & 3) - (high ^ 1) * 4);
    }
  }
}

/** f16 scale, 2 bytes of high and 4 of low bits of run scales, 128 of nibbles: x = scale·(s - 32)·table[q], runs of 32. */
export function readIq4xs(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const scale = halfAt(bytes, at);
  const high = bytes[at + 2]! | (bytes[at + 3]! << 8);
  for (let run = 0; run < 8; run++) {
    const low = (bytes[at + 4 + (run >> 1)]! >> ((run & 1) * 4)) & 15;
    const s = scale * ((low | (((high >> (run * 2)) & 3) << 4)) - 32);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 8 + run * 16 + i]!;
      values[start + run * 32 + i] = s * IQ4_VALUES[pair & 15]!;
      values[start + run * 32 + i + 16] = s * IQ4_VALUES[pair >> 4]!;
    }
  }
}
