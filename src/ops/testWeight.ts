// For tests: a frozen weight in any format, cut by rows or whole, and the values that the GPU sees.
import { convertFloats } from '../formats/dtypes.ts';
import { input, random } from './testGpu.ts';
import type { WeightMatrix } from './weightMatrix.ts';

export type Format = 'f32' | 'f16' | 'bf16';

/** `values` (seeded ones unless given) rounded to `format`, and the matrix on the GPU, cut after `cut` rows when given. */
export async function frozenMatrix(
  rows: number,
  cols: number,
  format: Format,
  { cut = rows, values = random(rows * cols, 11) }: { cut?: number; values?: Float32Array<ArrayBuffer> } = {},
): Promise<{ values: Float32Array; matrix: WeightMatrix }> {
  const storedType = format === 'f16' ? 'F16' : 'BF16';
  const plain = new Uint8Array(values.buffer);
  const stored = format === 'f32' ? plain : convertFloats(plain, 'F32', storedType);
  const widened = format === 'f32' ? values : new Float32Array(convertFloats(stored, storedType, 'F32').buffer);
  const elementBytes = format === 'f32' ? 4 : 2;
  const parts = [];
  for (let rowStart = 0; rowStart < rows; rowStart += cut) {
    const count = Math.min(cut, rows - rowStart);
    const padded = new Uint8Array(Math.ceil((count * cols * elementBytes) / 4) * 4);
    padded.set(stored.subarray(rowStart * cols * elementBytes, (rowStart + count) * cols * elementBytes));
    parts.push({ tensor: await input(new Uint32Array(padded.buffer), [count, cols], format), rowStart });
  }
  return { values: widened, matrix: { rows, cols, parts } };
}
