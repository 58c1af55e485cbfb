// Attention as products over tiles, for devices with subgroups: scores, softmax, sums. The matrix of one head's scores
// exists for a while, so heads are taken in parts that keep it small; the streaming kernels need no such matrix.
import type { Pass } from '../gpu/plan.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { KernelTraits } from '../gpu/traits.ts';
import type { AttentionGradients, AttentionSizes, AttentionTensors, Columns } from './attentionTensors.ts';
import { lanesKernel } from './productTiles.ts';
import { elementsOf, spreadWorkgroups } from './workgroups.ts';

/** Largest matrix of scores of one part. */
const PART_BYTES = 32 << 20;
const SOFTMAX_WORKGROUP = 32;
/** As shaders/shared/attentionTiles.wgsl has it. */
const TILE_ROWS = 16;

/** Sizes of a batch whose rows are sequences of `length` rows. */
export interface TiledSizes extends AttentionSizes {
  readonly length: number;
}

/** Whether this device and these sizes allow tiles; else `undefined`. `columns` are every stride and offset in use. */
export function tiledSizes(
  traits: KernelTraits,
  sizes: AttentionSizes,
  rows: number,
  columns: readonly number[],
): TiledSizes | undefined {
  const { length, headDim } = sizes;
  if (!traits.lanes || length === undefined || length % 4 !== 0 || rows % length !== 0) return undefined;
  if ([headDim, ...columns].some((size) => size % 4 !== 0)) return undefined;
  return partHeads(sizes, rows, length) > 0 ? { ...sizes, length } : undefined;
}

/** Query heads of one part: whole groups, so that the gradients of a key come from one part. */
function partHeads({ heads, kvHeads }: AttentionSizes, rows: number, length: number): number {
  const group = heads / kvHeads;
  const most = Math.floor(PART_BYTES / (rows * length * 4) / group) * group;
  return Math.min(heads, most);
}

function parts(sizes: TiledSizes, rows: number): { headStart: number; count: number }[] {
  const step = partHeads(sizes, rows, sizes.length);
  const found = [];
  for (let headStart = 0; headStart < sizes.heads; headStart += step) {
    found.push({ headStart, count: Math.min(step, sizes.heads - headStart) });
  }
  return found;
}

/** Multiply-adds (twice) of one product over the pairs that a causal mask leaves. */
export function causalOperations(rows: number, length: number, heads: number, headDim: number): number {
  return rows * (length + 1) * heads * headDim;
}

interface Grid {
  readonly rowTiles: number;
  readonly keyTiles: number;
  readonly columnTiles: number;
}

function gridOf(traits: KernelTraits, { length, headDim }: TiledSizes, rows: number): Grid {
  const { subgroupWorkgroup } = traits;
  return {
    rowTiles: (rows / length) * Math.ceil(length / TILE_ROWS),
    keyTiles: Math.ceil(length / (4 * subgroupWorkgroup)),
    columnTiles: Math.ceil(headDim / (4 * subgroupWorkgroup)),
  };
}

/** As `attentionForward`. */
export function tiledForward(pass: Pass, t: AttentionTensors, sizes: TiledSizes): void {
  const { heads, kvHeads, headDim, length, scale } = sizes;
  const [rows = 0, qStride = 0] = t.q.tensor.shape;
  const grid = gridOf(pass.traits, sizes, rows);
  const kernel = lanesKernel(pass.traits);
  for (const { headStart, count } of parts(sizes, rows)) {
    const scores = pass.scratch('attention scores', [count, rows, length]);
    const operations = (count / heads) * causalOperations(rows, length, heads, headDim);
    const shared = { rows, length, headStart, groupSize: heads / kvHeads, headDim };
    const { q, k, v, keyStart, keyEnd } = t;
    pass.run(
      { path: 'attention/scores', ...kernel },
      {
        params: {
          ...shared,
          qStride,
          qOffset: q.offset,
          kStride: k.tensor.shape[1] ?? 0,
          kOffset: k.offset,
          scale,
        },
        buffers: [q.tensor, k.tensor, keyStart, keyEnd, scores],
        workgroups: [grid.keyTiles, grid.rowTiles, count],
        operations,
      },
    );
    pass.run(
      {
        path: 'attention/softmax',
        conditions: elementsOf(pass.traits, length).conditions,
        constants: { HEAD_DIM: headDim, WORKGROUP_SIZE: SOFTMAX_WORKGROUP },
      },
      {
        params: { rows, length, headStart, heads, partHeads: count },
        buffers: [keyStart, keyEnd, scores, t.lse],
        workgroups: spreadWorkgroups(Math.ceil((rows * count) / SOFTMAX_WORKGROUP)),
      },
    );
    weigh(
      pass,
      sizes,
      { headStart, count, grid, operations },
      { tensor: scores, offset: 0 },
      { values: v, keyStart, keyEnd, out: t.out },
    );
  }
}

interface PartOfHeads {
  readonly headStart: number;
  readonly count: number;
  readonly grid: Grid;
  readonly operations: number;
}

function weigh(
  pass: Pass,
  { heads, kvHeads, headDim, length }: TiledSizes,
  { headStart, count, grid, operations }: PartOfHeads,
  weights: Columns,
  t: { values: Columns; keyStart: Tensor; keyEnd: Tensor; out: Tensor },
): void {
  const [rows = 0, outStride = 0] = t.out.shape;
  pass.run(
    { path: 'attention/weigh', ...lanesKernel(pass.traits) },
    {
      params: {
        rows,
        length,
        headStart,
        groupSize: heads / kvHeads,
        weightOffset: weights.offset,
        valueStride: t.values.tensor.shape[1] ?? 0,
        valueOffset: t.values.offset,
        outStride,
        outOffset: 0,
        headVec4: headDim / 4,
      },
      buffers: [weights.tensor, t.values.tensor, t.keyStart, t.keyEnd, t.out],
      workgroups: [grid.columnTiles, grid.rowTiles, count],
      operations,
    },
  );
}

/** As `attentionBackward`; delta is not needed. */
export function tiledBackward(pass: Pass, t: AttentionGradients, sizes: TiledSizes): void {
  const { heads, kvHeads, headDim, length, scale } = sizes;
  const [rows = 0] = t.qkv.shape;
  const grid = gridOf(pass.traits, sizes, rows);
  const kernel = lanesKernel(pass.traits);
  for (const { headStart, count } of parts(sizes, rows)) {
    // The probabilities, and the gradients of the scores.
    const matrices = pass.scratch('attention matrices', [2, count, rows, length]);
    const dscores = { tensor: matrices, offset: count * rows * length };
    const operations = (count / heads) * causalOperations(rows, length, heads, headDim);
    pass.run(
      { path: 'attention/backwardScores', ...kernel },
      {
        params: { rows, length, headStart, partHeads: count, heads, kvHeads, headDim, scale },
        buffers: [t.qkv, t.out, t.dout, t.lse, t.keyStart, t.keyEnd, matrices],
        workgroups: [grid.keyTiles, grid.rowTiles, count],
        operations: 2 * operations,
      },
    );
    const k = { tensor: t.qkv, offset: heads * headDim };
    const { keyStart, keyEnd, dqkv } = t;
    weigh(pass, sizes, { headStart, count, grid, operations }, dscores, { values: k, keyStart, keyEnd, out: dqkv });
    pass.run(
      { path: 'attention/backwardKeys', ...kernel },
      {
        params: {
          rows,
          length,
          kvHeadStart: (headStart * kvHeads) / heads,
          partKvHeads: (count * kvHeads) / heads,
          heads,
          kvHeads,
          headVec4: headDim / 4,
        },
        buffers: [matrices, t.qkv, t.dout, t.queryEnd, t.dqkv],
        workgroups: [grid.columnTiles, grid.rowTiles, (2 * count * kvHeads) / heads],
        operations: 2 * operations,
      },
    );
  }
}
