// A stored tensor's rows as the GPU is to hold them, a few megabytes at a time: read, widened, narrowed or quantized. Blocks
// that the kernels know are taken as they are.
import { BLOCK_TYPES, isBlockDtype, type StoredType } from '../formats/blockTypes.ts';
import {
  convertFloats,
  FLOAT_SIZE_BYTES,
  type FloatDtype,
  fromFloat32,
  isFloatDtype,
  toFloat32,
} from '../formats/dtypes.ts';
import { dequantizeBlocks } from '../formats/ggufBlocks.ts';
import { type QuantizedFormat, quantizeBlocks } from '../formats/quantizeBlocks.ts';
import { GPU_BLOCKS, isRepacked, repackBlocks } from '../formats/repackBlocks.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { WeightType } from '../ops/weightMatrix.ts';
import type { StoredRows } from './frozenModel.ts';
import { ModelError } from './modelError.ts';
import { findStored } from './weightStorage.ts';

export const DTYPE_OF: Readonly<Record<'f32' | 'f16' | 'bf16', FloatDtype>> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };

/** Whole blocks of every format. */
const CHUNK_ELEMENTS = 1 << 20;

/**
 * A stored tensor's rows in order, as bytes of `to` (default: the type they are kept in), in chunks. One that is stored
 * the other way round is held whole meanwhile. Throws ModelError for values that `to` cannot hold.
 */
export async function* readRows(
  files: WeightFiles,
  { name, rows, transposed, type }: StoredRows,
  cols: number,
  { to = type, onRead = () => {} }: { to?: WeightType; onRead?: (bytes: number) => void } = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { source, info, isOutIn } = findStored(files, name);
  const { dtype } = info;
  const count = rows * cols;
  const read = async (start: number, size: number) => {
    const bytes = await source.read(info.offset + storedSize(dtype, start), storedSize(dtype, size));
    onRead(bytes.length);
    return bytes;
  };
  const convert = (bytes: Uint8Array<ArrayBuffer>) => {
    try {
      return converted(bytes, dtype, to);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ModelError(`${source.name}: ${info.name} ${error.message}`);
    }
  };
  const isTurned = transposed && isOutIn !== true && isFloatDtype(dtype);
  const whole = isTurned ? transpose(await read(0, count), FLOAT_SIZE_BYTES[dtype], cols, rows) : undefined;
  for (let start = 0; start < count; start += CHUNK_ELEMENTS) {
    const size = Math.min(CHUNK_ELEMENTS, count - start);
    const from = storedSize(dtype, start);
    yield convert(whole ? whole.subarray(from, from + storedSize(dtype, size)) : await read(start, size));
  }
}

/** Bytes of `count` stored elements. Throws RangeError for a type without numbers. */
function storedSize(dtype: StoredType, count: number): number {
  if (isFloatDtype(dtype)) return count * FLOAT_SIZE_BYTES[dtype];
  if (!isBlockDtype(dtype)) throw new RangeError(`is stored as ${dtype}`);
  const { elements, sizeBytes } = BLOCK_TYPES[dtype];
  return (count / elements) * sizeBytes;
}

function converted(bytes: Uint8Array<ArrayBuffer>, from: StoredType, to: WeightType): Uint8Array<ArrayBuffer> {
  if (isRepacked(from) && GPU_BLOCKS[from] === to) return repackBlocks(bytes, from);
  const isFloat = isFloatDtype(from);
  if (isFloat && (to === 'f32' || to === 'f16' || to === 'bf16')) return convertFloats(bytes, from, DTYPE_OF[to]);
  if (!isFloat && !isBlockDtype(from)) throw new RangeError(`is stored as ${from}`);
  const values = isFloat
    ? toFloat32(bytes, from)
    : dequantizeBlocks(bytes, from, (bytes.length / BLOCK_TYPES[from].sizeBytes) * BLOCK_TYPES[from].elements);
  return fromNumbers(values, to);
}

/** Numbers as bytes of `to`. Throws RangeError where `to` cannot hold them, or comes from files only. */
export function fromNumbers(values: Float32Array<ArrayBuffer>, to: WeightType): Uint8Array<ArrayBuffer> {
  return isQuantized(to) ? quantizeBlocks(values, to) : fromFloat32(values, floatDtype(to));
}

function isQuantized(type: WeightType): type is QuantizedFormat {
  return type === 'q8' || type === 'q4' || type === 'nf4';
}

function floatDtype(type: WeightType): FloatDtype {
  if (type === 'f32' || type === 'f16' || type === 'bf16') return DTYPE_OF[type];
  throw new RangeError(`cannot be turned into ${type}, which comes from files only`);
}

/** [rows, cols] → [cols, rows], bit for bit. */
export function transpose(
  bytes: Uint8Array<ArrayBuffer>,
  elementBytes: number,
  rows: number,
  cols: number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
  const View = elementBytes === 4 ? Uint32Array : Uint16Array;
  const from = new View(copy.buffer, copy.byteOffset, rows * cols);
  const to = new View(rows * cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) to[c * rows + r] = from[r * cols + c]!;
  return new Uint8Array(to.buffer);
}
