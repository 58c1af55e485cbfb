/**
 * Floats as quantized blocks, in the layout the GPU reads (shaders/linear/weight.wgsl).
 *
 * q8 and q4 choose their integers as ggml's reference does for Q8_0 and Q4_1 (`quantize_row_q8_0_ref`,
 * `quantize_row_q4_1_ref` in ggml-quants.c); q8 keeps its scale in f32, where ggml rounds it to f16. q4 is the affine form,
 * scale and minimum, because its error is smaller than that of Q4_0, a scale alone. nf4 takes the nearest of the 16
 * NormalFloat values after division by the block's largest magnitude: QLoRA, arXiv 2305.14314, section 3 and appendix E,
 * as bitsandbytes has it.
 */
import { F16_OVERFLOW, fromFloat32 } from './dtypes.ts';

export type QuantizedFormat = 'q8' | 'q4' | 'nf4';

/** Elements of one block, and the 32-bit words that hold it. */
export const QUANTIZED_BLOCKS: Readonly<Record<QuantizedFormat, { elements: number; words: number }>> = {
  q8: { elements: 32, words: 9 },
  q4: { elements: 32, words: 5 },
  nf4: { elements: 64, words: 9 },
};

/** Writes the blocks of `values` to `words`. */
type Quantizer = (values: Float32Array, words: Uint32Array, scales: Float32Array) => void;

const QUANTIZERS: Readonly<Record<QuantizedFormat, Quantizer>> = { q8: quantizeQ8, q4: quantizeQ4, nf4: quantizeNf4 };

/**
 * Whole blocks of `values` as little-endian bytes. Throws a RangeError where a block would be cut, or holds what the
 * format cannot: infinity, NaN, or for q4 numbers beyond f16.
 */
export function quantizeBlocks(values: Float32Array<ArrayBuffer>, format: QuantizedFormat): Uint8Array<ArrayBuffer> {
  const { elements, words } = QUANTIZED_BLOCKS[format];
  const blocks = values.length / elements;
  if (!Number.isInteger(blocks)) {
    throw new RangeError(`quantizeBlocks: expected whole blocks of ${elements}, got ${values.length} elements`);
  }
  const packed = new Uint32Array(blocks * words);
  QUANTIZERS[format](values, packed, new Float32Array(packed.buffer));
  return new Uint8Array(packed.buffer);
}

/** `floats` views the same bytes as `words`. */
function quantizeQ8(values: Float32Array, words: Uint32Array, floats: Float32Array): void {
  for (let start = 0, at = 0; start < values.length; start += 32, at += 9) {
    const largest = largestMagnitude(values, start, 32);
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    floats[at] = scale;
    for (let word = 0; word < 8; word++) {
      let bits = 0;
      for (let i = 0; i < 4; i++) {
        const scaled = Math.fround(values[start + 4 * word + i]! * inverse);
        // Halves away from zero, as C's roundf.
        const q = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5);
        bits |= (q & 255) << (8 * i);
      }
      words[at + 1 + word] = bits;
    }
  }
}

function quantizeQ4(values: Float32Array, words: Uint32Array): void {
  const blocks = values.length / 32;
  const heads = new Float32Array(2 * blocks);
  for (let block = 0; block < blocks; block++) {
    const start = 32 * block;
    let lowest = values[start]!;
    let highest = lowest;
    // NaN is neither lower nor higher, but stays in the sum.
    let sum = 0;
    for (let i = start; i < start + 32; i++) {
      const value = values[i]!;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
      sum += value;
    }
    const scale = Math.fround(Math.fround(highest - lowest) / 15);
    const fits = Number.isFinite(sum) && Math.abs(lowest) < F16_OVERFLOW && scale < F16_OVERFLOW;
    if (!fits) throw refusal('q4', Number.isFinite(sum) ? Math.max(-lowest, highest) : sum);
    heads[2 * block] = scale;
    heads[2 * block + 1] = lowest;
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    for (let word = 0; word < 4; word++) {
      let bits = 0;
      for (let i = 0; i < 4; i++) {
        const from = start + 4 * word + i;
        const low = Math.fround(Math.fround(values[from]! - lowest) * inverse) + 0.5;
        const high = Math.fround(Math.fround(values[from + 16]! - lowest) * inverse) + 0.5;
        bits |= (Math.min(15, low) | (Math.min(15, high) << 4)) << (8 * i);
      }
      words[5 * block + 1 + word] = bits;
    }
  }
  const halves = new Uint32Array(fromFloat32(heads, 'F16').buffer);
  for (let block = 0; block < blocks; block++) words[5 * block] = halves[block]!;
}

/** The quantiles of a normal distribution that nf4 may take, as bitsandbytes and the paper's appendix E print them. */
export const NORMAL_FLOAT = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
);

/** Halfway between neighbours; a value on the line goes to the lower one. */
const MIDPOINTS = Float64Array.from({ length: 15 }, (_, i) => (NORMAL_FLOAT[i]! + NORMAL_FLOAT[i + 1]!) / 2);

function quantizeNf4(values: Float32Array, words: Uint32Array, floats: Float32Array): void {
  const t = MIDPOINTS;
  for (let start = 0, at = 0; start < values.length; start += 64, at += 9) {
    const largest = largestMagnitude(values, start, 64);
    const inverse = largest === 0 ? 0 : Math.fround(1 / largest);
    floats[at] = largest;
    for (let word = 0; word < 8; word++) {
      let bits = 0;
      for (let i = 0; i < 8; i++) {
        const scaled = Math.fround(values[start + 8 * word + i]! * inverse);
        let q = scaled > t[7]! ? 8 : 0;
        if (scaled > t[q + 3]!) q += 4;
        if (scaled > t[q + 1]!) q += 2;
        if (scaled > t[q]!) q++;
        bits |= q << (4 * i);
      }
      words[at + 1 + word] = bits;
    }
  }
}

function largestMagnitude(values: Float32Array, start: number, count: number): number {
  let largest = 0;
  let sum = 0;
  for (let i = start; i < start + count; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > largest) largest = magnitude;
    sum += magnitude;
  }
  // One that is not finite makes the sum so, and f32 sums of finite numbers fit an f64.
  if (!Number.isFinite(sum)) throw refusal('8- and 4-bit blocks', sum);
  return largest;
}

function refusal(format: string, value: number): RangeError {
  return new RangeError(`holds ${value}, which ${format} cannot hold; use f32 or bf16`);
}
