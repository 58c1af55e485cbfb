// The skinny products around the fused linear: U = (mask∘x)·Aᵀ, V = dy·B, and the gradients of A and B
// (Hu et al. 2021, arXiv 2106.09685; the backward of y = … + scaling·U·Bᵀ). All follow the group table.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { type LoraTensors, loadsRanksSingly } from './loraSegments.ts';
import { lanesKernel } from './productTiles.ts';

const TILE = 4;
const SPLIT_RANKS = 8;
const SPLIT_COLS = 32;

/** x: [rows, inner]. Overwrites u. With dropout, the same mask is drawn again by the backward kernels of this step. */
export function loraProject(pass: Pass, lora: LoraTensors, t: { x: Tensor; step: Tensor }): void {
  const [, inner = 0] = t.x.shape;
  const { table } = lora;
  expectShape('loraProject', 'u', lora.u, [table.projectedElements]);
  const dropout = table.hasDropout;
  if (isEven(lora, inner)) {
    const even = { x: t.x, u: lora.u, step: dropout ? t.step : undefined };
    if (usesLanes(pass)) projectByLanes(pass, lora, even, 'A');
    else projectSplit(pass, lora, even, 'A');
    return;
  }
  pass.run(
    { path: 'lora/project', conditions: { aligned: inner % 4 === 0 && isAligned(lora), dropout } },
    {
      params: { inner },
      buffers: [t.x, lora.segments, lora.parameters, lora.u, ...(dropout ? [t.step] : [])],
      workgroups: skinnyTiles(lora),
      operations: 2 * table.projectedElements * inner,
    },
  );
}

/** dy: [rows, cols]; v: [projectedElements]. Overwrites v. */
export function loraProjectBackward(pass: Pass, lora: LoraTensors, t: { dy: Tensor; v: Tensor }): void {
  const [, cols = 0] = t.dy.shape;
  expectShape('loraProjectBackward', 'v', t.v, [lora.table.projectedElements]);
  if (isEven(lora, cols)) {
    const even = { x: t.dy, u: t.v, step: undefined };
    if (usesLanes(pass)) projectByLanes(pass, lora, even, 'B');
    else projectSplit(pass, lora, even, 'B');
    return;
  }
  pass.run(
    { path: 'lora/projectBackward' },
    {
      params: { cols },
      buffers: [t.dy, lora.segments, lora.parameters, t.v],
      workgroups: skinnyTiles(lora),
      operations: 2 * lora.table.productCount,
    },
  );
}

/** x: [rows, inner], dy: [rows, cols], v: [projectedElements]; gradients: flat, as the parameters. Overwrites or adds, as the step says. */
export function loraGradients(
  pass: Pass,
  lora: LoraTensors,
  t: { x: Tensor; dy: Tensor; v: Tensor; step: Tensor; gradients: Tensor },
): void {
  const [, inner = 0] = t.x.shape;
  const [, cols = 0] = t.dy.shape;
  const { table } = lora;
  if (isEven(lora, inner) && isEven(lora, cols)) {
    if (usesLanes(pass)) {
      gradientsByLanes(pass, lora, t);
      return;
    }
    gradientSplit(pass, lora, { ...t, left: t.v, right: t.x }, 'A');
    gradientSplit(pass, lora, { ...t, left: lora.u, right: t.dy }, 'B');
    return;
  }
  pass.run(
    { path: 'lora/gradient', conditions: { ofA: true, dropout: table.hasDropout } },
    {
      params: { cols: inner },
      buffers: [t.v, t.x, lora.segments, t.step, t.gradients],
      workgroups: [Math.ceil(inner / (8 * TILE)), Math.ceil(table.maxRank / (8 * TILE)), table.segments],
      operations: 2 * table.projectedElements * inner,
    },
  );
  pass.run(
    { path: 'lora/gradient', conditions: { ofA: false, dropout: false } },
    {
      params: { cols },
      buffers: [t.dy, lora.u, lora.segments, t.step, t.gradients],
      workgroups: [Math.ceil(table.maxRank / (8 * TILE)), Math.ceil(table.maxCols / (8 * TILE)), table.segments],
      operations: 2 * table.productCount,
    },
  );
}

/** Whether every row and block of columns is whole vectors. */
function isEven({ table }: LoraTensors, cols: number): boolean {
  return cols % 4 === 0 && table.hasAlignedColumns;
}

/** Few results with long sums: CPU adapters want few loads, GPUs many invocations. */
function usesLanes({ traits }: Pass): boolean {
  return traits.lanes !== undefined && traits.isCpu;
}

/**
 * Which segments one workgroup takes together, and how many ranks: for A all blocks of a group, which read the same x
 * (unless dropout draws another mask for each), for B every block by itself.
 */
function slotsOf({ table }: LoraTensors, factor: 'A' | 'B') {
  const isTogether = factor === 'A' && !table.hasDropout;
  const most = isTogether ? table.maxGroupRank : table.maxRank;
  // Of 17 to 24 ranks, tiles of 8 waste least.
  const eight = most <= 8 || (most > 16 && most <= 24);
  return {
    eight,
    blocks: isTogether ? table.columnBlocks : 1,
    tiles: Math.ceil(most / (eight ? 8 : 16)),
    runs: isTogether ? table.groups : table.segments,
  };
}

/** u = x·Aᵀ, or v = dy·B. */
function projectByLanes(
  pass: Pass,
  lora: LoraTensors,
  t: { x: Tensor; u: Tensor; step: Tensor | undefined },
  factor: 'A' | 'B',
): void {
  const [, cols = 0] = t.x.shape;
  const { table, segments, parameters } = lora;
  const { eight, blocks, tiles, runs } = slotsOf(lora, factor);
  const { conditions, constants } = lanesKernel(pass.traits);
  pass.run(
    {
      path: 'lora/projectLanes',
      conditions: {
        ...conditions,
        single: loadsRanksSingly(pass.traits, lora),
        eight,
        dropout: t.step !== undefined,
      },
      constants,
    },
    {
      params: { cols, blocks, isOfA: factor === 'A' ? 1 : 0 },
      buffers: [t.x, segments, parameters, t.u, ...(t.step ? [t.step] : [])],
      workgroups: [Math.ceil(table.maxRows / (4 * pass.traits.subgroupWorkgroup)), tiles, runs],
      operations: 2 * (factor === 'A' ? table.projectedElements * cols : table.productCount),
    },
  );
}

/** dA and dB: in one dispatch where elements are loaded singly. */
function gradientsByLanes(
  pass: Pass,
  lora: LoraTensors,
  t: { x: Tensor; dy: Tensor; v: Tensor; step: Tensor; gradients: Tensor },
): void {
  const [, inner = 0] = t.x.shape;
  const [, cols = 0] = t.dy.shape;
  const { table, segments, u } = lora;
  const [ofA, ofB] = [slotsOf(lora, 'A'), slotsOf(lora, 'B')];
  const { conditions, constants } = lanesKernel(pass.traits);
  const single = loadsRanksSingly(pass.traits, lora);
  const run = (
    slots: typeof ofA,
    dropout: boolean,
    buffers: readonly Tensor[],
    widest: number,
    runs: [number, number],
  ) =>
    pass.run(
      {
        path: 'lora/gradientLanes',
        conditions: { ...conditions, single, eight: slots.eight, dropout },
        constants,
      },
      {
        params: { inner, cols, runs: runs[0], blocks: ofA.blocks },
        buffers,
        workgroups: [Math.ceil(widest / (4 * pass.traits.subgroupWorkgroup)), slots.tiles, runs[0] + runs[1]],
        operations: 2 * ((runs[0] && table.projectedElements * inner) + (runs[1] && table.productCount)),
      },
    );
  const { x, dy, v, step, gradients } = t;
  if (single) {
    // A has as many ranks together as any block of B, or more.
    const buffers = [v, segments, x, step, gradients, u, dy];
    run(ofA, table.hasDropout, buffers, Math.max(inner, table.maxCols), [ofA.runs, ofB.runs]);
    return;
  }
  run(ofA, table.hasDropout, [v, segments, x, step, gradients], inner, [ofA.runs, 0]);
  run(ofB, false, [u, segments, dy, step, gradients], table.maxCols, [0, ofB.runs]);
}

/** As `projectByLanes`, one segment at a time. */
function projectSplit(
  pass: Pass,
  { table, segments, parameters }: LoraTensors,
  t: { x: Tensor; u: Tensor; step: Tensor | undefined },
  factor: 'A' | 'B',
): void {
  const [, cols = 0] = t.x.shape;
  pass.run(
    { path: 'lora/projectSplit', conditions: { ofA: factor === 'A', dropout: t.step !== undefined } },
    {
      params: { cols },
      buffers: [t.x, segments, parameters, t.u, ...(t.step ? [t.step] : [])],
      workgroups: [Math.ceil(table.maxRows / 4), Math.ceil(table.maxRank / SPLIT_RANKS), table.segments],
      operations: 2 * (factor === 'A' ? table.projectedElements * cols : table.productCount),
    },
  );
}

function gradientSplit(
  pass: Pass,
  { table, segments }: LoraTensors,
  t: { left: Tensor; right: Tensor; step: Tensor; gradients: Tensor },
  factor: 'A' | 'B',
): void {
  const [, cols = 0] = t.right.shape;
  const isA = factor === 'A';
  pass.run(
    { path: 'lora/gradientSplit', conditions: { ofA: isA, dropout: isA && table.hasDropout } },
    {
      params: { cols },
      buffers: [t.left, segments, t.right, t.step, t.gradients],
      workgroups: [
        Math.ceil((isA ? cols : table.maxCols) / SPLIT_COLS),
        Math.ceil(table.maxRank / SPLIT_RANKS),
        table.segments,
      ],
      operations: 2 * (isA ? table.projectedElements * cols : table.productCount),
    },
  );
}

function skinnyTiles({ table }: LoraTensors): number[] {
  return [Math.ceil(table.maxRows / (64 * TILE)), Math.ceil(table.maxRank / TILE), table.segments];
}

/** Whether every A starts on a vector boundary. */
function isAligned({ table }: LoraTensors): boolean {
  for (let i = 0; i < table.segments; i++) if (table.words[i * 12 + 6]! % 4 !== 0) return false;
  return true;
}
