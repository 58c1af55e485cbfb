import { describe, expect, it } from 'vitest';
import * as reference from '../reference/crossEntropy.ts';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import { crossEntropyForward, crossEntropyWithGradient, cutIntoChunks } from './crossEntropy.ts';
import { packStep } from './stepRecord.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, TARGETS } from './testGpu.ts';
import { type Format, frozenMatrix } from './testWeight.ts';

interface Case {
  name: string;
  rowsPerGroup: number;
  lossRows: number;
  lossScales: number[];
  hidden: number;
  vocabulary: number;
  format: Format;
  chunkRows: number;
  cut?: number;
}

/** Few combinations of format and alignment: lavapipe takes seconds to compile each variant of the products. */
const CASES: Case[] = [
  {
    name: 'one of everything',
    rowsPerGroup: 1,
    lossRows: 1,
    lossScales: [1],
    hidden: 1,
    vocabulary: 1,
    format: 'f32',
    chunkRows: 128,
  },
  {
    name: 'two chunks exactly',
    rowsPerGroup: 9,
    lossRows: 9,
    lossScales: [0.25],
    hidden: 13,
    vocabulary: 256,
    format: 'f32',
    chunkRows: 128,
  },
  {
    name: 'three adapters, padding, odd vocabulary, f16 head',
    rowsPerGroup: 7,
    lossRows: 5,
    lossScales: [0.5, 2, 0.125],
    hidden: 20,
    vocabulary: 301,
    format: 'f16',
    chunkRows: 128,
  },
  {
    name: 'a larger head, cut by rows',
    rowsPerGroup: 33,
    lossRows: 31,
    lossScales: [1, 0.1],
    hidden: 64,
    vocabulary: 1030,
    format: 'f16',
    chunkRows: 300,
    cut: 640,
  },
];

/** Targets that sit on the edges of chunks, then anywhere. */
function targetsOf(rows: number, vocabulary: number): Uint32Array<ArrayBuffer> {
  const edges = [0, 127, 128, vocabulary - 1, 255, 256].filter((token) => token < vocabulary);
  const anywhere = random(rows, 9);
  return Uint32Array.from(
    { length: rows },
    (_, i) => edges[i] ?? Math.floor(((anywhere[i]! + 1) / 2) * vocabulary) % vocabulary,
  );
}

function stepOf(lossScales: readonly number[], lossRows: number, microBatch = 0) {
  const adapters = lossScales.map((lossScale) => ({
    lossScale,
    learningRate: 0,
    biasCorrection1: 1,
    biasCorrection2Root: 1,
    weightDecay: 0,
    clip: 0,
  }));
  return input(packStep({ microBatch, dropoutSeed: 0, lossRows, adapters }), [4 + 8 * adapters.length]);
}

/** The head spread widely enough that a row's softmax is neither flat nor a single token. */
async function prepare(c: Case, spread = 3) {
  const rows = c.rowsPerGroup * c.lossScales.length;
  const x = random(rows * c.hidden, 1).map((value) => spread * value);
  const targets = targetsOf(rows, c.vocabulary);
  const head = await frozenMatrix(c.vocabulary, c.hidden, c.format, { cut: c.cut });
  const tensors = {
    hidden: await input(x, [rows, c.hidden]),
    head: head.matrix,
    targets: await input(targets, [rows]),
    step: await stepOf(c.lossScales, c.lossRows),
    results: await output([c.lossScales.length, 8]),
    dHidden: await output([rows, c.hidden]),
  };
  return {
    rows,
    x,
    targets,
    head: head.values,
    tensors,
    options: { adapters: c.lossScales.length, chunkRows: c.chunkRows },
  };
}

const column = (results: Float32Array, index: number) => results.filter((_, i) => i % 8 === index);

describe.each(CASES)('cross-entropy: $name', (c) => {
  it.each(TARGETS)('loss, hits and gradient agree with whole logits for %s', async (target) => {
    const { x, targets, head, tensors, options } = await prepare(c);
    const [results, dHidden] = await runOpFor(
      target,
      (pass) => crossEntropyWithGradient(pass, tensors, options),
      tensors.results,
      tensors.dHidden,
    );
    const expected = reference.crossEntropy({ ...c, x, head, targets });
    expect(relativeError(column(results!, 0), expected.lossSums)).toBeLessThan(OP_TOLERANCE);
    expect(column(results!, 1)).toEqual(Float32Array.from(expected.hits));
    expect(relativeError(dHidden!, expected.dHidden)).toBeLessThan(OP_TOLERANCE);
    const alone = await output([c.lossScales.length, 8]);
    const [losses] = await runOpFor(
      target,
      (pass) => crossEntropyForward(pass, { ...tensors, results: alone }, options),
      alone,
    );
    expect(losses).toEqual(results);
  });
});

const SMALL: Case = {
  name: 'small',
  rowsPerGroup: 4,
  lossRows: 4,
  lossScales: [1, 1, 1],
  hidden: 8,
  vocabulary: 260,
  format: 'f16',
  chunkRows: 128,
};

describe('cross-entropy', () => {
  it('adds to the results from the second micro-batch on, and leaves the other words alone', async () => {
    const { tensors, options } = await prepare(SMALL);
    const [first] = await runOp((pass) => crossEntropyForward(pass, tensors, options), tensors.results);
    const second = { ...tensors, step: await stepOf(SMALL.lossScales, SMALL.lossRows, 1) };
    const [both] = await runOp((pass) => crossEntropyForward(pass, second, options), tensors.results);
    const expected = first!.map((value, i) => (i % 8 < 2 ? 2 * value : value));
    expect(both).toEqual(expected);
    expect(column(both!, 2)).toEqual(new Float32Array(3).fill(1e30));
  });

  it('counts a hit for the lowest of equal tokens only', async () => {
    const { hidden, vocabulary } = SMALL;
    const values = new Float32Array(vocabulary * hidden);
    for (const token of [3, 70, 200]) values[token * hidden] = 1;
    const { matrix } = await frozenMatrix(vocabulary, hidden, 'f16', { values });
    const { tensors, options } = await prepare(SMALL);
    const x = new Float32Array(12 * hidden).map((_, i) => (i % hidden === 0 ? 2 : 0));
    const t = {
      ...tensors,
      head: matrix,
      hidden: await input(x, [12, hidden]),
      targets: await input(Uint32Array.of(3, 3, 0, 0, 70, 70, 70, 3, 200, 200, 200, 200), [12]),
    };
    const [results] = await runOp((pass) => crossEntropyForward(pass, t, options), t.results);
    expect(column(results!, 1)).toEqual(Float32Array.of(2, 1, 0));
  });

  it('stands logits of ±10,000', async () => {
    const { hidden, vocabulary } = SMALL;
    const { x, targets, tensors, options } = await prepare(SMALL);
    const values = random(vocabulary * hidden, 12).map((value) => 1e4 * value);
    const head = await frozenMatrix(vocabulary, hidden, 'f16', { values });
    const t = { ...tensors, head: head.matrix };
    const [results, dHidden] = await runOp((pass) => crossEntropyWithGradient(pass, t, options), t.results, t.dHidden);
    const expected = reference.crossEntropy({ ...SMALL, x, head: head.values, targets });
    expect(Math.max(...expected.lossSums)).toBeGreaterThan(2e4);
    expect(relativeError(column(results!, 0), expected.lossSums)).toBeLessThan(OP_TOLERANCE);
    // Logits this large carry an absolute error near 0.01, and so does the softmax.
    expect(relativeError(dHidden!, expected.dHidden)).toBeLessThan(0.02);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'a hidden state of %f shows in the loss of its adapter, and of no other',
    async (bad) => {
      const { x, tensors, options } = await prepare(SMALL);
      x[5 * SMALL.hidden + 3] = bad;
      const t = { ...tensors, hidden: await input(x, [12, SMALL.hidden]) };
      const [results] = await runOp((pass) => crossEntropyWithGradient(pass, t, options), t.results);
      expect(Array.from(column(results!, 0), Number.isFinite)).toEqual([true, false, true]);
    },
  );

  it('keeps whatever a padding row holds out of losses and gradients', async () => {
    const { x, head, tensors, options } = await prepare(SMALL);
    const targets = new Uint32Array(12).map((_, row) => (row % 4 === 3 ? 0xffffffff : row));
    for (let row = 3; row < 12; row += 4) x.fill(Number.NaN, row * SMALL.hidden, (row + 1) * SMALL.hidden);
    const t = {
      ...tensors,
      hidden: await input(x, [12, SMALL.hidden]),
      targets: await input(targets, [12]),
      step: await stepOf(SMALL.lossScales, 3),
    };
    const [results, dHidden] = await runOp((pass) => crossEntropyWithGradient(pass, t, options), t.results, t.dHidden);
    const expected = reference.crossEntropy({ ...SMALL, lossRows: 3, x, head, targets });
    expect(relativeError(column(results!, 0), expected.lossSums)).toBeLessThan(OP_TOLERANCE);
    expect(column(results!, 1)).toEqual(Float32Array.from(expected.hits));
    for (let row = 3; row < 12; row += 4) {
      expect(dHidden!.subarray(row * SMALL.hidden, (row + 1) * SMALL.hidden)).toEqual(new Float32Array(SMALL.hidden));
    }
  });

  it('cuts the head at binding boundaries, within parts', async () => {
    const { matrix } = await frozenMatrix(700, 3, 'f16', { cut: 384 });
    expect(cutIntoChunks(matrix, 300).map(({ rowStart, rows }) => [rowStart, rows])).toEqual([
      [0, 256],
      [256, 128],
      [384, 256],
      [640, 60],
    ]);
  });

  it('names the tensor whose shape is wrong', async () => {
    const { tensors, options } = await prepare(SMALL);
    const narrow = { ...tensors, hidden: await output([12, 7]) };
    await expect(runOp((pass) => crossEntropyForward(pass, narrow, options))).rejects.toThrow(
      'crossEntropy: expected hidden [12,8], got [12,7]',
    );
    const short = { ...tensors, targets: await output([11]) };
    await expect(runOp((pass) => crossEntropyForward(pass, short, options))).rejects.toThrow(
      'crossEntropy: expected targets [12], got [11]',
    );
    await expect(
      runOp((pass) => crossEntropyWithGradient(pass, { ...tensors, dHidden: tensors.results }, options)),
    ).rejects.toThrow('crossEntropy: expected dHidden [12,8], got [3,8]');
    const uneven = { ...tensors, results: await output([5, 8]) };
    await expect(runOp((pass) => crossEntropyForward(pass, uneven, { ...options, adapters: 5 }))).rejects.toThrow(
      'crossEntropy: expected rows in 5 equal blocks, got 12 rows',
    );
  });
});

it('the reference gradient agrees with finite differences', () => {
  const c = { rowsPerGroup: 3, lossRows: 2, lossScales: [0.5, 2], hidden: 4, vocabulary: 6 };
  const [head, x, targets] = [random(24, 1), Float64Array.from(random(24, 2)), [0, 5, 1, 2, 2, 3]];
  const loss = (at: Float64Array) =>
    reference
      .crossEntropy({ ...c, head, targets, x: at })
      .lossSums.reduce((sum, value, group) => sum + value * c.lossScales[group]!, 0);
  const { dHidden } = reference.crossEntropy({ ...c, head, targets, x });
  expect(relativeError(dHidden, finiteDifferences(loss, x))).toBeLessThan(1e-6);
});
