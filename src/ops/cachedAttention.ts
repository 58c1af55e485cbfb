// Attention of single tokens over a key–value cache: the form of `attentionForward` for generation, where a batch holds
// one token of each sequence, the keys are many, and no backward follows.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import type { AttentionSizes } from './attentionTensors.ts';

export interface CachedAttentionTensors {
  /** [rows, …], the query heads from column 0. */
  readonly q: Tensor;
  /** [cacheRows, kvHeads·headDim] */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** u32 [rows]: first and last row of the cache that a row sees. */
  readonly keyStart: Tensor;
  readonly keyEnd: Tensor;
  /** [rows, heads·headDim] */
  readonly out: Tensor;
}

/**
 * Invocations that share the keys of one head of one row: more where few rows would leave a GPU idle. Their partial sums
 * must fit in 16 KiB of workgroup memory.
 */
function lanesFor(rows: number, headDim: number): number {
  return rows <= 4 && headDim <= 128 ? 16 : 8;
}

/** Overwrites out. */
export function cachedAttention(pass: Pass, t: CachedAttentionTensors, sizes: AttentionSizes): void {
  const { heads, kvHeads, headDim, scale } = sizes;
  const [rows = 0, qStride = 0] = t.q.shape;
  const [cacheRows = 0] = t.keys.shape;
  const kStride = kvHeads * headDim;
  for (const name of ['keys', 'values'] as const) expectShape('cachedAttention', name, t[name], [cacheRows, kStride]);
  for (const name of ['keyStart', 'keyEnd'] as const) expectShape('cachedAttention', name, t[name], [rows]);
  expectShape('cachedAttention', 'out', t.out, [rows, heads * headDim]);
  const aligned = headDim % 4 === 0 && qStride % 4 === 0;
  pass.run(
    {
      path: 'attention/cached',
      conditions: { aligned },
      constants: { HEAD_DIM: headDim, WORKGROUP_SIZE: lanesFor(rows, headDim) },
    },
    {
      params: { groupSize: heads / kvHeads, heads, qStride, kStride, headVec4: Math.ceil(headDim / 4), scale },
      buffers: [t.q, t.keys, t.values, t.keyStart, t.keyEnd, t.out],
      workgroups: [heads, rows],
    },
  );
}
