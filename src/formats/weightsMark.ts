/** A mark by which weights are known again where only a name is left of them: folders are often called alike. */
import { crc32 } from './crc32.ts';
import { compareCodePoints } from './json.ts';
import type { WeightFiles } from './weightFiles.ts';

/** Of every matrix, from its middle. */
const SAMPLE_BYTES = 256;

/** Eight hexadecimal digits of names, types, shapes and a few bytes of every matrix. */
export async function weightsMark({ tensors }: WeightFiles): Promise<string> {
  const matrices = [...tensors].filter(([, { info }]) => info.shape.length > 1);
  let mark = 0;
  for (const [name, { source, info }] of matrices.sort(([a], [b]) => compareCodePoints(a, b))) {
    const { dtype, shape, offset, sizeBytes } = info;
    const length = Math.min(SAMPLE_BYTES, sizeBytes);
    const sample = await source.read(offset + Math.floor((sizeBytes - length) / 2), length);
    mark = crc32(sample, crc32(new TextEncoder().encode(`${name} ${dtype} ${shape}\n`), mark));
  }
  return mark.toString(16).padStart(8, '0');
}
