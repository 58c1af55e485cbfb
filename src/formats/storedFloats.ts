/** Stored weights as numbers, whatever they are stored as: floats of any width, or quantized blocks. */
import { BLOCK_TYPES, isBlockDtype } from './blockTypes.ts';
import { FLOAT_SIZE_BYTES, isFloatDtype, toFloat32 } from './dtypes.ts';
import { FormatError } from './formatError.ts';
import { dequantizeBlocks } from './ggufBlocks.ts';
import type { WeightTensor } from './weightFiles.ts';

/**
 * Elements [start, start + count) in the order stored. Throws a FormatError for a type without numbers, and a RangeError
 * where the range cuts a block.
 */
export async function readFloats(
  { source, info }: WeightTensor,
  start: number,
  count: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { dtype } = info;
  if (isFloatDtype(dtype)) {
    const elementBytes = FLOAT_SIZE_BYTES[dtype];
    return toFloat32(await source.read(info.offset + start * elementBytes, count * elementBytes), dtype);
  }
  if (!isBlockDtype(dtype)) throw new FormatError(source.name, `${info.name}: stored as ${dtype}, which is not read`);
  const { elements, sizeBytes } = BLOCK_TYPES[dtype];
  if (start % elements !== 0 || count % elements !== 0) {
    throw new RangeError(`readFloats: ${dtype} has blocks of ${elements}, got ${start}…${start + count}`);
  }
  const bytes = await source.read(info.offset + (start / elements) * sizeBytes, (count / elements) * sizeBytes);
  return dequantizeBlocks(bytes, dtype, count);
}
