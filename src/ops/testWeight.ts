// For tests: a frozen weight in any format, cut by rows or whole, and the values that the GPU sees.
import { BLOCK_TYPES, type BlockType } from '../formats/blockTypes.ts';
import { convertFloats, fromFloat32, toFloat32 } from '../formats/dtypes.ts';
import { dequantizeBlocks } from '../formats/ggufBlocks.ts';
import { NORMAL_FLOAT, quantizeBlocks } from '../formats/quantizeBlocks.ts';
import { repackBlocks } from '../formats/repackBlocks.ts';
import { BLOCKS, type ElementType, isBlockType, storedBytes } from '../gpu/tensor.ts';
import { input, random } from './testGpu.ts';
import type { WeightMatrix } from './weightMatrix.ts';

export type Format = Exclude<ElementType, 'u32'>;

export const BLOCK_FORMATS = ['q8', 'q4', 'nf4', 'q4k', 'q5k', 'q6k'] as const;

/** Elements that a row must be a multiple of. */
export function blockElements(format: Format): number {
  return isBlockType(format) ? BLOCKS[format].elements : 1;
}

/**
 * A matrix on the GPU, cut after `cut` rows when given, and its values: `values` (seeded ones unless given) rounded to
 * `format`. K-quants are random blocks instead, which `values` cannot choose.
 */
export async function frozenMatrix(
  rows: number,
  cols: number,
  format: Format,
  { cut = rows, values = random(rows * cols, 11) }: { cut?: number; values?: Float32Array<ArrayBuffer> } = {},
): Promise<{ values: Float32Array; matrix: WeightMatrix }> {
  const stored = storedIn(format, values);
  const parts = [];
  for (let rowStart = 0; rowStart < rows; rowStart += cut) {
    const count = Math.min(cut, rows - rowStart);
    const sizeBytes = storedBytes(count * cols, format);
    const rowBytes = stored.bytes.length / rows;
    const padded = new Uint8Array(sizeBytes);
    padded.set(stored.bytes.subarray(rowStart * rowBytes, (rowStart + count) * rowBytes));
    parts.push({ tensor: await input(new Uint32Array(padded.buffer), [count, cols], format), rowStart });
  }
  return { values: stored.values, matrix: { rows, cols, parts } };
}

/** The GPU's bytes, and what they mean. */
export function storedIn(
  format: Format,
  values: Float32Array<ArrayBuffer>,
): { bytes: Uint8Array<ArrayBuffer>; values: Float32Array<ArrayBuffer> } {
  switch (format) {
    case 'f32':
      return { bytes: new Uint8Array(values.buffer), values };
    case 'f16':
    case 'bf16': {
      const dtype = format === 'f16' ? 'F16' : 'BF16';
      const bytes = fromFloat32(values, dtype);
      return { bytes, values: new Float32Array(convertFloats(bytes, dtype, 'F32').buffer) };
    }
    case 'q8':
    case 'q4':
    case 'nf4': {
      const bytes = quantizeBlocks(values, format);
      return { bytes, values: dequantized(bytes, format, values.length) };
    }
    case 'q4k':
      return randomBlocks('Q4_K', values.length);
    case 'q5k':
      return randomBlocks('Q5_K', values.length);
    case 'q6k':
      return randomBlocks('Q6_K', values.length);
  }
}

/** Element by element, straight from the layouts' description. */
function dequantized(bytes: Uint8Array<ArrayBuffer>, format: 'q8' | 'q4' | 'nf4', count: number) {
  const { elements, sizeBytes } = BLOCKS[format];
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: count }, (_, index) => {
    const at = Math.floor(index / elements) * sizeBytes;
    const i = index % elements;
    if (format === 'q8') return view.getFloat32(at, true) * view.getInt8(at + 4 + i);
    if (format === 'nf4') {
      const q = (view.getUint8(at + 4 + (i >> 1)) >> (4 * (i % 2))) % 16;
      return view.getFloat32(at, true) * NORMAL_FLOAT[q]!;
    }
    const [scale, minimum] = toFloat32(bytes.slice(at, at + 4), 'F16');
    const q = (view.getUint8(at + 4 + (i % 16)) >> (i < 16 ? 0 : 4)) % 16;
    return scale! * q + minimum!;
  });
}

/** K-quants of random bits, with scales that give values near ±1; some scales are subnormal f16, as real ones often are. */
function randomBlocks(type: 'Q4_K' | 'Q5_K' | 'Q6_K', count: number) {
  const { elements, sizeBytes } = BLOCK_TYPES[type] satisfies (typeof BLOCK_TYPES)[BlockType];
  const blocks = count / elements;
  const noise = random(blocks * sizeBytes, 13);
  const bytes = Uint8Array.from({ length: blocks * sizeBytes }, (_, i) => (noise[i]! + 1) * 128);
  const scales = random(2 * blocks, 14);
  // Largest element over the scale: 63 · 15 and 63 · 31, and 128 · 32.
  const most = { Q4_K: 945, Q5_K: 1953, Q6_K: 4096 }[type];
  for (let block = 0; block < blocks; block++) {
    const size = block % 3 === 2 ? 0.01 : 1;
    const pair = fromFloat32(
      Float32Array.of(((1 + scales[2 * block]!) * size) / most, ((1 + scales[2 * block + 1]!) * size) / 63),
      'F16',
    );
    if (type === 'Q6_K') bytes.set(pair.subarray(0, 2), block * sizeBytes + 208);
    else bytes.set(pair, block * sizeBytes);
  }
  return { bytes: repackBlocks(bytes, type), values: dequantizeBlocks(bytes, type, count) };
}
