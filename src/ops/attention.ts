// Causal attention with grouped query heads and a streaming softmax (Dao 2022, arXiv 2205.14135: scores are recomputed
// in backward from the log-sum-exp kept by forward). Which keys a row sees comes as ranges, so that packed documents,
// padding, a sliding window and a key-value cache are all the same to the kernel.
import { GpuUsageError } from '../gpu/errors.ts';
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import type { AttentionGradients, AttentionSizes, AttentionTensors, Columns } from './attentionTensors.ts';
import { causalOperations, tiledBackward, tiledForward, tiledSizes } from './attentionTiles.ts';
import { spreadWorkgroups } from './workgroups.ts';

const WORKGROUP_SIZE = 32;

/** The three parts of a fused projection qkv [rows, (heads + 2·kvHeads)·headDim], as `attentionForward` takes them. */
export function columnsOfQkv(
  qkv: Tensor,
  { heads, kvHeads, headDim }: AttentionSizes,
): Record<'q' | 'k' | 'v', Columns> {
  return {
    q: { tensor: qkv, offset: 0 },
    k: { tensor: qkv, offset: heads * headDim },
    v: { tensor: qkv, offset: (heads + kvHeads) * headDim },
  };
}

/**
 * q: [rows, …]; k, v: [keyRows, …], each with its heads from a column offset; keyStart, keyEnd: u32 [rows], the first
 * and last row of k and v that a row sees; out: [rows, heads·headDim]; lse: [rows, heads]. Overwrites out and lse.
 */
export function attentionForward(pass: Pass, t: AttentionTensors, sizes: AttentionSizes): void {
  const { heads, kvHeads, headDim, scale } = sizes;
  checkSizes(sizes);
  const [rows = 0, qStride = 0] = t.q.tensor.shape;
  const [keyRows = 0, kStride = 0] = t.k.tensor.shape;
  const [, vStride = 0] = t.v.tensor.shape;
  expectShape('attention', 'v', t.v.tensor, [keyRows, vStride]);
  expectColumns('q', t.q, heads * headDim);
  expectColumns('k', t.k, kvHeads * headDim);
  expectColumns('v', t.v, kvHeads * headDim);
  expectShape('attention', 'keyStart', t.keyStart, [rows]);
  expectShape('attention', 'keyEnd', t.keyEnd, [rows]);
  expectShape('attention', 'out', t.out, [rows, heads * headDim]);
  expectShape('attention', 'lse', t.lse, [rows, heads]);
  const layout = {
    qStride,
    qOffset: t.q.offset,
    kStride,
    kOffset: t.k.offset,
    vStride,
    vOffset: t.v.offset,
  };
  const tiled = tiledSizes(pass.traits, sizes, rows, Object.values(layout));
  if (tiled && keyRows === rows) {
    tiledForward(pass, t, tiled);
    return;
  }
  const aligned = [headDim, ...Object.values(layout)].every((size) => size % 4 === 0);
  pass.run(
    { path: 'attention/forward', conditions: { aligned }, constants: { HEAD_DIM: headDim, WORKGROUP_SIZE } },
    {
      params: { rows, heads, groupSize: heads / kvHeads, ...layout, headVec4: Math.ceil(headDim / 4), scale },
      buffers: [t.q.tensor, t.k.tensor, t.v.tensor, t.keyStart, t.keyEnd, t.out, t.lse],
      workgroups: workgroupsForPairs(rows, heads),
      operations: 2 * causalOperations(rows, sizes.length ?? keyRows, heads, headDim),
    },
  );
}

/**
 * The backward of `attentionForward` where q, k and v are the columns of one fused qkv: [rows, (heads + 2·kvHeads)·headDim].
 * out, dout: [rows, heads·headDim]; lse, delta: [rows, heads]; queryEnd: u32 [rows], the last row that may see each key
 * (the first is the key's own row). Overwrites dqkv, of qkv's shape, and delta, which is scratch.
 */
export function attentionBackward(pass: Pass, t: AttentionGradients, sizes: AttentionSizes): void {
  const { heads, kvHeads, headDim, scale } = sizes;
  checkSizes(sizes);
  const [rows = 0] = t.qkv.shape;
  const cols = (heads + 2 * kvHeads) * headDim;
  for (const name of ['qkv', 'dqkv'] as const) expectShape('attentionBackward', name, t[name], [rows, cols]);
  for (const name of ['out', 'dout'] as const) expectShape('attentionBackward', name, t[name], [rows, heads * headDim]);
  for (const name of ['lse', 'delta'] as const) expectShape('attentionBackward', name, t[name], [rows, heads]);
  for (const name of ['keyStart', 'keyEnd', 'queryEnd'] as const) {
    expectShape('attentionBackward', name, t[name], [rows]);
  }
  const tiled = tiledSizes(pass.traits, sizes, rows, []);
  if (tiled) {
    tiledBackward(pass, t, tiled);
    return;
  }
  const pairs = causalOperations(rows, sizes.length ?? rows, heads, headDim);
  const conditions = { aligned: headDim % 4 === 0 };
  const constants = { HEAD_DIM: headDim, WORKGROUP_SIZE };
  const params = { rows, heads, kvHeads, headVec4: Math.ceil(headDim / 4), scale };
  pass.run(
    { path: 'attention/backwardQuery', conditions, constants },
    {
      params,
      buffers: [t.qkv, t.out, t.dout, t.lse, t.keyStart, t.keyEnd, t.delta, t.dqkv],
      workgroups: workgroupsForPairs(rows, heads),
      operations: 3 * pairs,
    },
  );
  pass.run(
    { path: 'attention/backwardKeyValue', conditions, constants },
    {
      params,
      buffers: [t.qkv, t.dout, t.lse, t.delta, t.keyStart, t.queryEnd, t.dqkv],
      workgroups: workgroupsForPairs(rows, kvHeads),
      operations: 4 * pairs,
    },
  );
}

/** An invocation for every two rows of every head. */
function workgroupsForPairs(rows: number, heads: number): [number, number] {
  return spreadWorkgroups(Math.ceil((Math.ceil(rows / 2) * heads) / WORKGROUP_SIZE));
}

function checkSizes({ heads, kvHeads, headDim }: AttentionSizes): void {
  if (heads % kvHeads !== 0 || headDim < 1) {
    throw new GpuUsageError(
      `attention: expected heads a multiple of key-value heads, got ${heads} and ${kvHeads} of size ${headDim}`,
    );
  }
}

function expectColumns(name: string, { tensor, offset }: Columns, count: number): void {
  const [, stride = 0] = tensor.shape;
  if (tensor.shape.length !== 2 || offset + count > stride) {
    throw new GpuUsageError(
      `attention: expected ${name} with columns ${offset}–${offset + count}, got [${tensor.shape}]`,
    );
  }
}
