// Every format of frozen weights in every kernel that reads one, against the reference on the values that it stands for.
// Sizes are no tile's: one and several blocks a row, rows that leave the last tile almost empty.
import { describe, expect, it } from 'vitest';
import { crossEntropy } from '../reference/crossEntropy.ts';
import * as reference from '../reference/linear.ts';
import { gatherRows } from '../reference/rows.ts';
import { crossEntropyWithGradient } from './crossEntropy.ts';
import { embeddingForward } from './embedding.ts';
import { linearBackward, linearForward } from './linear.ts';
import { loraProject, loraProjectBackward } from './lora.ts';
import { buildSegments } from './loraSegments.ts';
import { packStep } from './stepRecord.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, testGpu } from './testGpu.ts';
import { BLOCK_FORMATS, blockElements, type Format, frozenMatrix } from './testWeight.ts';
import { formatConditions } from './weightMatrix.ts';

const FORMATS: Format[] = ['f32', 'f16', 'bf16', ...BLOCK_FORMATS];

describe.each(FORMATS)('a frozen weight in %s', (format) => {
  const block = Math.max(32, blockElements(format));

  // 1 and 3 rows meet the matrix–vector kernel; 33 and 1 columns the backward kernels for any size.
  it.each([
    { rows: 1, cols: 33, blocks: 1, rank: 0 },
    { rows: 3, cols: 132, blocks: 2, rank: 3 },
    { rows: 5, cols: 1, blocks: 1, rank: 3 },
    { rows: 21, cols: 140, blocks: 3, rank: 3, cut: 128 },
    { rows: 9, cols: 36, blocks: 1, rank: 0 },
  ])('linear, $rows × $blocks blocks × $cols, rank $rank', async ({ rows, cols, blocks, rank, cut }) => {
    const inner = blocks * block;
    const { values, matrix } = await frozenMatrix(cols, inner, format, { cut });
    const [x, dy] = [random(rows * inner, 1), random(rows * cols, 2)];
    const parameters = random(Math.max(1, rank * (inner + cols)), 3);
    const adapted = { rank, aStart: 0, bStart: rank * inner, scaling: 0.5, stream: 0, dropout: 0 };
    const columns = [{ colStart: 0, colCount: cols, adapted: rank === 0 ? undefined : adapted }];
    const table = buildSegments([{ rowStart: 0, rowCount: rows, columns }]);
    const lora = {
      table,
      segments: await input(table.words, [table.segments, 12]),
      parameters: await input(parameters, [parameters.length]),
      u: await output([Math.max(1, table.projectedElements)]),
      v: await output([Math.max(1, table.projectedElements)]),
      step: await input(new Uint32Array(4), [4]),
    };
    const t = {
      x: await input(x, [rows, inner]),
      dy: await input(dy, [rows, cols]),
      y: await output([rows, cols]),
      dx: await output([rows, inner]),
      weight: matrix,
      ...(rank === 0 ? {} : { lora }),
    };
    const [y, dx] = await runOp(
      (pass) => {
        if (rank > 0) loraProject(pass, lora, { x: t.x, step: lora.step });
        linearForward(pass, t);
        if (rank > 0) loraProjectBackward(pass, lora, { ...t, v: lora.v });
        linearBackward(pass, t);
      },
      t.y,
      t.dx,
    );
    const a = parameters.subarray(0, rank * inner);
    const b = parameters.subarray(rank * inner, rank * (inner + cols));
    const single = { rows, inner, cols, rank, scaling: 0.5, x, weight: values, a, b };
    expect(relativeError(y!, reference.linearForward(single).y)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(dx!, reference.linearBackward(single, dy).dx)).toBeLessThan(OP_TOLERANCE);
  });

  it('embedding', async () => {
    const cols = 2 * block;
    const { values, matrix } = await frozenMatrix(300, cols, format, { cut: 128 });
    const ids = [299, 0, 127, 128, 255, 256, 5];
    const y = await output([ids.length, cols]);
    const table = { ids: await input(Uint32Array.from(ids), [ids.length]), weight: matrix, y };
    const [found] = await runOp((pass) => embeddingForward(pass, table), y);
    // A scale times a few bits, plus a minimum: at most three roundings.
    expect(relativeError(found!, gatherRows(values, ids, 300, cols))).toBeLessThan(3e-7);
  });

  it('head and cross-entropy, a vocabulary that no tile divides', async () => {
    const [rows, vocabulary, hidden] = [5, 301, 2 * block];
    const head = await frozenMatrix(vocabulary, hidden, format);
    const x = random(rows * hidden, 1);
    const targets = Uint32Array.of(0, 127, 128, 300, 255);
    const adapter = {
      lossScale: 0.5,
      learningRate: 0,
      biasCorrection1: 1,
      biasCorrection2Root: 1,
      weightDecay: 0,
      clip: 0,
    };
    const step = packStep({ microBatch: 0, dropoutSeed: 0, lossRows: rows, adapters: [adapter] });
    const t = {
      hidden: await input(x, [rows, hidden]),
      head: head.matrix,
      targets: await input(targets, [rows]),
      step: await input(step, [step.length]),
      results: await output([1, 8]),
      dHidden: await output([rows, hidden]),
    };
    const [results, dHidden] = await runOp(
      (pass) => crossEntropyWithGradient(pass, t, { adapters: 1, chunkRows: 128 }),
      t.results,
      t.dHidden,
    );
    const sizes = { rowsPerGroup: rows, lossRows: rows, lossScales: [0.5], hidden, vocabulary };
    const expected = crossEntropy({ ...sizes, x, head: head.values, targets });
    expect(Math.abs(results![0]! / expected.lossSums[0]! - 1)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(dHidden!, expected.dHidden)).toBeLessThan(OP_TOLERANCE);
  });
});

it.each([
  { name: 'at multiples of 4', rows: [40, 36] },
  { name: 'anywhere', rows: [30, 46] },
])('rows of one matrix in two formats, starting $name', async ({ rows: [first = 0, second = 0] }) => {
  const [rows, inner, cols] = [7, 64, first + second];
  const [q8, q4] = [await frozenMatrix(first, inner, 'q8'), await frozenMatrix(second, inner, 'q4')];
  const parts = [...q8.matrix.parts, ...q4.matrix.parts.map((part) => ({ ...part, rowStart: first }))];
  const weight = { rows: cols, cols: inner, parts };
  const values = Float32Array.of(...q8.values, ...q4.values);
  const [x, dy] = [random(rows * inner, 1), random(rows * cols, 2)];
  const t = {
    x: await input(x, [rows, inner]),
    dy: await input(dy, [rows, cols]),
    y: await output([rows, cols]),
    dx: await output([rows, inner]),
    weight,
  };
  const [y, dx] = await runOp(
    (pass) => {
      linearForward(pass, t);
      linearBackward(pass, t);
    },
    t.y,
    t.dx,
  );
  expect(relativeError(y!, reference.timesTransposed(x, values, rows, cols, inner))).toBeLessThan(OP_TOLERANCE);
  expect(relativeError(dx!, reference.times(dy, values, rows, inner, cols))).toBeLessThan(OP_TOLERANCE);
});

it('f16 weights read as f16, where the device has them, are the same to the bit', async () => {
  const gpu = await testGpu();
  if (!gpu.has('shader-f16')) return;
  const [rows, cols, inner] = [21, 20, 24];
  const { matrix } = await frozenMatrix(cols, inner, 'f16');
  expect(formatConditions(matrix.parts[0]!.tensor, { nativeF16: true })).toMatchObject({ f16: true, nativeF16: true });
  const t = { x: await input(random(rows * inner, 1), [rows, inner]), weight: matrix };
  const by = async (hasF16: boolean) => {
    const y = await output([rows, cols]);
    const [found] = await runOpFor({ ...gpu.traits, hasF16 }, (pass) => linearForward(pass, { ...t, y }), y);
    return [...found!];
  };
  expect(await by(true)).toEqual(await by(false));
});
