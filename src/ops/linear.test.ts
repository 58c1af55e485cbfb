import { describe, expect, it } from 'vitest';
import type { Pass } from '../gpu/plan.ts';
import { CORE_TRAITS, type KernelTraits } from '../gpu/traits.ts';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import * as reference from '../reference/linear.ts';
import { dropoutMask } from '../reference/random.ts';
import { linearBackward, linearForward } from './linear.ts';
import { loraGradients, loraProject, loraProjectBackward } from './lora.ts';
import { type AdaptedBlock, buildSegments, type RowGroup } from './loraSegments.ts';
import { forcedTile } from './productTiles.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, testGpu } from './testGpu.ts';

import { type Format, frozenMatrix } from './testWeight.ts';

const SEED = 77;

interface Group {
  rows: number;
  /** Rank of each column block; 0 is frozen. */
  ranks: number[];
}

interface Case {
  name: string;
  inner: number;
  blocks: number[];
  groups: Group[];
  format: Format;
  dropout: number;
  cut?: number;
  isForEveryTile?: boolean;
}

const CASES: Case[] = [
  { name: 'one element', inner: 1, blocks: [1], groups: [{ rows: 1, ranks: [1] }], format: 'f32', dropout: 0 },
  {
    name: 'odd sizes, one adapter',
    inner: 67,
    blocks: [35],
    groups: [{ rows: 19, ranks: [3] }],
    format: 'f32',
    dropout: 0,
  },
  { name: 'odd f16', inner: 45, blocks: [35], groups: [{ rows: 19, ranks: [5] }], format: 'f16', dropout: 0 },
  { name: 'odd bf16', inner: 67, blocks: [33], groups: [{ rows: 9, ranks: [2] }], format: 'bf16', dropout: 0 },
  {
    name: 'fused blocks, one frozen, three adapters',
    inner: 60,
    blocks: [60, 12, 12],
    groups: [
      { rows: 21, ranks: [8, 0, 1] },
      { rows: 21, ranks: [1, 0, 64] },
      { rows: 13, ranks: [0, 0, 3] },
    ],
    format: 'bf16',
    dropout: 0,
  },
  {
    name: 'dropout',
    inner: 68,
    blocks: [20, 30],
    groups: [
      { rows: 33, ranks: [4, 7] },
      { rows: 5, ranks: [1, 2] },
    ],
    format: 'f16',
    dropout: 0.3,
    isForEveryTile: true,
  },
  {
    name: 'cut by rows',
    inner: 52,
    blocks: [300],
    groups: [{ rows: 12, ranks: [6] }],
    format: 'f16',
    dropout: 0,
    cut: 128,
  },
  {
    name: 'matrix–vector',
    inner: 68,
    blocks: [130, 30],
    groups: [
      { rows: 1, ranks: [4, 7] },
      { rows: 2, ranks: [0, 2] },
    ],
    format: 'f32',
    dropout: 0,
  },
  {
    name: 'a real layer',
    inner: 576,
    blocks: [576, 192, 192],
    groups: [{ rows: 130, ranks: [8, 8, 8] }],
    format: 'f16',
    dropout: 0.1,
  },
];

describe.each(CASES)('LoRA linear: $name', (shape) => {
  it('agrees with its reference, forward and backward', async () => {
    await agrees(shape, (await testGpu()).traits);
  });
});

describe.each(CASES.filter(({ isForEveryTile }) => isForEveryTile))('LoRA linear by every tile: $name', (shape) => {
  it.each(['registers 4×4', 'registers 8×8', 'workgroup memory 64×64'])('%s', async (name) => {
    await agrees(shape, forcedTile((await testGpu()).traits, name));
  });

  it('without subgroups', async () => {
    await agrees(shape, forcedTile(CORE_TRAITS, 'registers 4×4'));
  });
});

async function agrees({ inner, blocks, groups, format, dropout, cut }: Case, traits: KernelTraits): Promise<void> {
  const cols = blocks.reduce((sum, count) => sum + count, 0);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const weight = await frozenMatrix(cols, inner, format, { cut });
  const [x, bias, residual, dy] = [
    random(rows * inner, 1),
    random(cols, 2),
    random(rows * cols, 3),
    random(rows * cols, 4),
  ];
  const layout = layOut(groups, blocks, inner, dropout);
  const parameters = random(layout.elements, 5);
  const table = buildSegments(layout.groups);
  const segments = await input(table.words, [table.segments, 12]);
  const step = await input(Uint32Array.of(0, SEED, 0, 0), [4]);
  const lora = {
    table,
    segments,
    parameters: await input(parameters, [layout.elements]),
    u: await output([table.projectedElements]),
  };
  const t = {
    x: await input(x, [rows, inner]),
    dy: await input(dy, [rows, cols]),
    y: await output([rows, cols]),
    dx: await output([rows, inner]),
    v: await output([table.projectedElements]),
    gradients: await output([layout.elements]),
    bias: await input(bias, [cols]),
    residual: await input(residual, [rows, cols]),
  };
  const [y, dx, gradients] = await runOpFor(
    traits,
    (pass) => {
      loraProject(pass, lora, { x: t.x, step });
      linearForward(pass, { ...t, weight: weight.matrix, lora });
      loraProjectBackward(pass, lora, t);
      loraGradients(pass, lora, { ...t, step });
      linearBackward(pass, { ...t, weight: weight.matrix, lora: { ...lora, v: t.v, step } });
    },
    t.y,
    t.dx,
    t.gradients,
  );
  const expectedY = new Float64Array(rows * cols);
  const expectedDx = new Float64Array(rows * inner);
  const expectedGradients = new Float64Array(layout.elements).fill(1e30);
  for (const group of layout.groups) {
    for (const { colStart, colCount, adapted } of group.columns) {
      const { rank = 0, aStart = 0, bStart = 0, scaling = 0, stream = 0 } = adapted ?? {};
      const pick = (from: Float32Array) =>
        Float32Array.from(
          { length: group.rowCount * colCount },
          (_, i) => from[(group.rowStart + Math.floor(i / colCount)) * cols + colStart + (i % colCount)]!,
        );
      const single: reference.LinearCase = {
        rows: group.rowCount,
        inner,
        cols: colCount,
        rank,
        scaling,
        x: x.subarray(group.rowStart * inner, (group.rowStart + group.rowCount) * inner),
        weight: weight.values.subarray(colStart * inner, (colStart + colCount) * inner),
        bias: bias.subarray(colStart, colStart + colCount),
        a: parameters.subarray(aStart, aStart + rank * inner),
        b: parameters.subarray(bStart, bStart + rank * colCount),
        mask: dropoutMask(group.rowCount * inner, dropout, stream, SEED),
      };
      const forward = reference.linearForward(single);
      const backward = reference.linearBackward(single, pick(dy));
      forward.y.forEach((value, i) => {
        const at = (group.rowStart + Math.floor(i / colCount)) * cols + colStart + (i % colCount);
        expectedY[at] = value + residual[at]!;
      });
      backward.dx.forEach((value, i) => {
        expectedDx[group.rowStart * inner + i]! += value;
      });
      expectedGradients.set(backward.da, aStart);
      expectedGradients.set(backward.db, bStart);
    }
  }
  expect(relativeError(y!, expectedY)).toBeLessThan(OP_TOLERANCE);
  expect(relativeError(dx!, expectedDx)).toBeLessThan(OP_TOLERANCE);
  expect(relativeError(gradients!, expectedGradients)).toBeLessThan(OP_TOLERANCE);
}

/** Every group's blocks, their A and B one after another in the flat parameters. */
function layOut(
  groups: readonly Group[],
  blocks: readonly number[],
  inner: number,
  dropout: number,
): { groups: RowGroup[]; elements: number } {
  let [elements, rowStart, stream] = [0, 0, 0];
  const laidOut = groups.map(({ rows, ranks }) => {
    let colStart = 0;
    const columns = blocks.map((colCount, i) => {
      const rank = ranks[i]!;
      const adapted: AdaptedBlock | undefined =
        rank === 0
          ? undefined
          : { rank, aStart: elements, bStart: elements + rank * inner, scaling: 2 / rank, stream: stream++, dropout };
      elements += rank * (inner + colCount);
      colStart += colCount;
      return { colStart: colStart - colCount, colCount, adapted };
    });
    rowStart += rows;
    return { rowStart: rowStart - rows, rowCount: rows, columns };
  });
  return { groups: laidOut, elements };
}

describe('frozen linear', () => {
  it('adds to dx, or rescales it first', async () => {
    const [rows, inner, cols] = [11, 30, 26];
    const weight = await frozenMatrix(cols, inner, 'f32');
    const [dy, before, scale] = [random(rows * cols, 1), random(rows * inner, 2), random(rows, 3)];
    const product = reference.times(dy, weight.values, rows, inner, cols);
    for (const kind of ['add', 'rescale'] as const) {
      const t = { dy: await input(dy, [rows, cols]), dx: await input(before, [rows, inner]), weight: weight.matrix };
      const into = kind === 'add' ? { kind } : { kind, scale: await input(scale, [rows]) };
      const [dx] = await runOp((pass) => linearBackward(pass, t, into), t.dx);
      const expected = product.map(
        (value, i) => value + before[i]! * (kind === 'add' ? 1 : scale[Math.floor(i / inner)]!),
      );
      expect(relativeError(dx!, expected)).toBeLessThan(OP_TOLERANCE);
    }
  });

  it('cuts a product too long for one dispatch by rows', async () => {
    const [rows, inner, cols] = [200, 8, 12];
    const weight = await frozenMatrix(cols, inner, 'f32');
    const [x, dy] = [random(rows * inner, 1), random(rows * cols, 2)];
    const t = {
      x: await input(x, [rows, inner]),
      dy: await input(dy, [rows, cols]),
      y: await output([rows, cols]),
      dx: await output([rows, inner]),
      weight: weight.matrix,
    };
    const counts: number[] = [];
    const cutting = (pass: Pass): Pass => ({
      traits: pass.traits,
      scratch: (...args) => pass.scratch(...args),
      run: (kernel, call) => {
        counts.push(call.workgroups[1]!);
        pass.run(kernel, call);
      },
    });
    const [y, dx] = await runOp(
      (pass) => {
        linearForward(cutting(pass), t, { dispatchOperations: 5000 });
        linearBackward(cutting(pass), t, { kind: 'overwrite' }, { dispatchOperations: 5000 });
      },
      t.y,
      t.dx,
    );
    expect(counts.length).toBeGreaterThan(2);
    expect(relativeError(y!, reference.timesTransposed(x, weight.values, rows, cols, inner))).toBeLessThan(
      OP_TOLERANCE,
    );
    expect(relativeError(dx!, reference.times(dy, weight.values, rows, inner, cols))).toBeLessThan(OP_TOLERANCE);
  });

  it('is the same to the bit, with a residual or an activation, by the kernel that serves a whole plan', async () => {
    const [rows, inner, cols] = [21, 64, 48];
    const weight = await frozenMatrix(cols, inner, 'f32');
    const x = await input(random(rows * inner, 1), [rows, inner]);
    const residual = await input(random(rows * cols, 2), [rows, cols]);
    const { traits } = await testGpu();
    const by = async (own: KernelTraits) => {
      const [plain, added, before, activated] = await Promise.all([0, 1, 2, 3].map(() => output([rows, cols])));
      const activate = { y: activated!, activation: 'geluTanh' } as const;
      return runOpFor(
        own,
        (pass) => {
          linearForward(pass, { x, weight: weight.matrix, y: plain! });
          linearForward(pass, { x, weight: weight.matrix, residual, y: added! });
          linearForward(pass, { x, weight: weight.matrix, activate, y: before! });
        },
        plain!,
        added!,
        before!,
        activated!,
      );
    };
    expect(await by({ ...traits, activation: 'geluTanh' })).toEqual(await by(traits));
  });

  it('names the tensor whose shape is wrong', async () => {
    const weight = await frozenMatrix(4, 3, 'f32');
    const t = { x: await input(random(6, 1), [2, 3]), y: await output([2, 5]), weight: weight.matrix };
    await expect(runOp((pass) => linearForward(pass, t))).rejects.toThrow('linearForward: expected y [2,4], got [2,5]');
  });
});

it('the reference gradients agree with finite differences', () => {
  const [rows, inner, cols, rank] = [3, 5, 4, 2];
  const base = {
    rows,
    inner,
    cols,
    rank,
    scaling: 0.7,
    x: random(15, 1),
    weight: random(20, 2),
    a: random(10, 3),
    b: random(8, 4),
    mask: dropoutMask(15, 0.4, 1, 2),
  };
  const dy = random(rows * cols, 5);
  const gradients = reference.linearBackward(base, dy);
  const loss = (name: 'x' | 'a' | 'b') => (at: Float64Array) =>
    reference.linearForward({ ...base, [name]: at }).y.reduce((sum, y, i) => sum + y * dy[i]!, 0);
  for (const [name, gradient] of [
    ['x', gradients.dx],
    ['a', gradients.da],
    ['b', gradients.db],
  ] as const) {
    expect(relativeError(gradient, finiteDifferences(loss(name), Float64Array.from(base[name])))).toBeLessThan(1e-6);
  }
});
