import { describe, expect, it } from 'vitest';
import { convertFloats } from '../formats/dtypes.ts';
import { gatherRows } from '../reference/rows.ts';
import { embeddingForward } from './embedding.ts';
import { input, output, random, runOp } from './testGpu.ts';
import type { WeightMatrix } from './weightMatrix.ts';

const FORMATS = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** A table in `format`, cut into parts of `cut` rows, and the values it holds after rounding. */
async function table(rows: number, cols: number, format: keyof typeof FORMATS, cut: number) {
  const dtype = FORMATS[format];
  const stored = convertFloats(new Uint8Array(random(rows * cols, 1).buffer), 'F32', dtype);
  const values = new Float32Array(convertFloats(stored, dtype, 'F32').buffer);
  const rowBytes = stored.byteLength / rows;
  const parts = [];
  for (let rowStart = 0; rowStart < rows; rowStart += cut) {
    const count = Math.min(cut, rows - rowStart);
    const padded = new Uint8Array(Math.ceil((count * rowBytes) / 4) * 4);
    padded.set(stored.subarray(rowStart * rowBytes, (rowStart + count) * rowBytes));
    parts.push({ tensor: await input(new Uint32Array(padded.buffer), [count, cols], format), rowStart });
  }
  const matrix: WeightMatrix = { rows, cols, parts };
  return { values, matrix };
}

const CASES = [
  { vocabulary: 1, cols: 1, cut: 1, format: 'f32', ids: [0] },
  { vocabulary: 11, cols: 7, cut: 11, format: 'f16', ids: [10, 0, 3, 3, 9] },
  { vocabulary: 300, cols: 45, cut: 128, format: 'f32', ids: [299, 0, 127, 128, 255, 256, 5] },
  { vocabulary: 300, cols: 45, cut: 128, format: 'f16', ids: [299, 0, 127, 128, 255, 256, 5] },
  { vocabulary: 300, cols: 45, cut: 128, format: 'bf16', ids: [299, 0, 127, 128, 255, 256, 5] },
  {
    vocabulary: 1000,
    cols: 576,
    cut: 512,
    format: 'bf16',
    ids: Array.from({ length: 130 }, (_, i) => (i * 71) % 1000),
  },
] as const;

describe.each(CASES)('embedding [$vocabulary, $cols] in $format', ({ vocabulary, cols, cut, format, ids }) => {
  const rows = ids.length;

  // A lookup computes nothing, so it must agree to the bit.
  it('copies the rows of the tokens', async () => {
    const { values, matrix } = await table(vocabulary, cols, format, cut);
    const t = { ids: await input(Uint32Array.from(ids), [rows]), weight: matrix, y: await output([rows, cols]) };
    const [y] = await runOp((pass) => embeddingForward(pass, t), t.y);
    expect([...y!]).toEqual([...gatherRows(values, ids, vocabulary, cols)]);
  });

  it('adds the rows of the positions', async () => {
    const { values, matrix } = await table(vocabulary, cols, format, cut);
    const before = random(rows * cols, 2);
    const t = { ids: await input(Uint32Array.from(ids), [rows]), weight: matrix, y: await input(before, [rows, cols]) };
    const [y] = await runOp((pass) => embeddingForward(pass, t, { add: true }), t.y);
    const expected = gatherRows(values, ids, vocabulary, cols).map((value, i) => Math.fround(value + before[i]!));
    expect([...y!]).toEqual([...expected]);
  });
});

it('names the tensor whose shape is wrong', async () => {
  const { matrix } = await table(4, 3, 'f32', 4);
  const t = { ids: await input(new Uint32Array(2), [2]), weight: matrix, y: await output([2, 2]) };
  await expect(runOp((pass) => embeddingForward(pass, t))).rejects.toThrow(
    'embeddingForward: expected y [2,3], got [2,2]',
  );
});
