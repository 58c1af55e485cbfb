// Matrices in blocks of 32 as onnxruntime's MatMulNBits reads them: value = (integer − zero point) · scale.
// Source: onnxruntime, docs/ContribOperators.md, com.microsoft.MatMulNBits.

export const BLOCK = 32;

export type Bits = 4 | 8;

export interface QuantizedBlocks {
  /** bits · 4 bytes a block; of two 4-bit integers in a byte the first is the low half. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** One a block. */
  readonly scales: Float32Array<ArrayBuffer>;
  /** One a block, 0…15; 8 bits have 128 throughout. */
  readonly zeroPoints: Uint8Array<ArrayBuffer>;
}

/** `values`: whole blocks. */
export function quantize(values: Float32Array, bits: Bits): QuantizedBlocks {
  const blocks = values.length / BLOCK;
  if (!Number.isInteger(blocks)) throw new RangeError(`quantize: expected whole blocks, got ${values.length} values`);
  const made = {
    data: new Uint8Array(blocks * bits * 4),
    scales: new Float32Array(blocks),
    zeroPoints: new Uint8Array(blocks).fill(bits === 8 ? 128 : 8),
  };
  const quantizeBlock = bits === 8 ? eightBits : fourBits;
  for (let block = 0; block < blocks; block++) {
    quantizeBlock(values.subarray(block * BLOCK, (block + 1) * BLOCK), block, made);
  }
  return made;
}

/** Even about zero: as GGUF's Q8_0, with the scale in f32. */
function eightBits(values: Float32Array, block: number, { data, scales }: QuantizedBlocks): void {
  const scale = Math.fround(largestOf(values) / 127);
  scales[block] = scale;
  const inverse = scale === 0 ? 0 : 1 / scale;
  for (let i = 0; i < BLOCK; i++) data[block * BLOCK + i] = Math.floor(values[i]! * inverse + 128.5);
}

/** On the closer of two grids: about zero, as GGUF's Q4_0, whose values come back exactly; or from the least to the largest. */
function fourBits(values: Float32Array, block: number, { data, scales, zeroPoints }: QuantizedBlocks): void {
  let [least, largest] = [0, 0];
  for (let i = 0; i < BLOCK; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    else if (value > largest) largest = value;
  }
  // The value of largest magnitude is met exactly, at −8.
  const even = Math.fround((-least > largest ? least : largest) / -8);
  // Zero is one of the values.
  const uneven = Math.fround((largest - least) / 15);
  const zeroPoint = uneven === 0 ? 8 : Math.round(-least / uneven);
  const isEven = squaredError(values, even, 8) <= squaredError(values, uneven, zeroPoint);
  const [scale, zero] = isEven ? [even, 8] : [uneven, zeroPoint];
  scales[block] = scale;
  zeroPoints[block] = zero;
  const inverse = scale === 0 ? 0 : 1 / scale;
  for (let i = 0; i < BLOCK; i += 2) {
    data[(block * BLOCK + i) / 2] = nearest(values[i]!, inverse, zero) | (nearest(values[i + 1]!, inverse, zero) << 4);
  }
}

function nearest(value: number, inverse: number, zeroPoint: number): number {
  return Math.max(0, Math.min(15, Math.floor(value * inverse + zeroPoint + 0.5)));
}

function squaredError(values: Float32Array, scale: number, zeroPoint: number): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    const error = values[i]! - (nearest(values[i]!, inverse, zeroPoint) - zeroPoint) * scale;
    sum += error * error;
  }
  return sum;
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

/** Zero points of 4-bit blocks, two in a byte, each row of blocks beginning with a byte of its own. */
export function packZeroPoints(zeroPoints: Uint8Array, blocksPerRow: number): Uint8Array<ArrayBuffer> {
  const rowBytes = Math.ceil(blocksPerRow / 2);
  const rows = zeroPoints.length / blocksPerRow;
  const packed = new Uint8Array(rows * rowBytes);
  zeroPoints.forEach((zeroPoint, i) => {
    const at = i % blocksPerRow;
    const byte = Math.floor(i / blocksPerRow) * rowBytes + (at >> 1);
    packed[byte] = packed[byte]! | (zeroPoint << (at % 2 === 0 ? 0 : 4));
  });
  return packed;
}
