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
  for (let i = 0; i < BLOCK; i++) data[block * BLOCK + i] = 128 + Math.round(values[i]! * inverse);
}

interface Grid {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** On the closer of two grids: about zero, as GGUF's Q4_0, whose values come back exactly; or from the least to the largest. */
function fourBits(values: Float32Array, block: number, { data, scales, zeroPoints }: QuantizedBlocks): void {
  const [even, uneven] = [evenGrid(values), unevenGrid(values)];
  const grid = squaredError(values, uneven) < squaredError(values, even) ? uneven : even;
  scales[block] = grid.scale;
  zeroPoints[block] = grid.zeroPoint;
  for (let i = 0; i < BLOCK; i += 2) {
    data[(block * BLOCK + i) / 2] = nearest(values[i]!, grid) | (nearest(values[i + 1]!, grid) << 4);
  }
}

/** The value of largest magnitude is met exactly, at −8. */
function evenGrid(values: Float32Array): Grid {
  let extreme = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  return { scale: Math.fround(extreme / -8), zeroPoint: 8 };
}

/** Zero is one of its values. */
function unevenGrid(values: Float32Array): Grid {
  let [least, largest] = [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    else if (value > largest) largest = value;
  }
  const scale = Math.fround((largest - least) / 15);
  return { scale, zeroPoint: scale === 0 ? 8 : Math.round(-least / scale) };
}

function nearest(value: number, { scale, zeroPoint }: Grid): number {
  if (scale === 0) return zeroPoint;
  return Math.min(15, Math.max(0, Math.round(value / scale) + zeroPoint));
}

function squaredError(values: Float32Array, grid: Grid): number {
  let sum = 0;
  for (const value of values) sum += (value - (nearest(value, grid) - grid.zeroPoint) * grid.scale) ** 2;
  return sum;
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
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
