// The key–value cache of generation: new tokens' keys and values are appended, attention reads them all.
import { GpuUsageError } from '../gpu/errors.ts';
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByRow } from './workgroups.ts';

export interface CacheTensors {
  /** [rows, …], keys from column kOffset, values right after them. */
  readonly qkv: Tensor;
  /** u32 [rows]: the cache row of each; one past the last row is skipped. */
  readonly cacheRow: Tensor;
  /** [cacheRows, kvHeads·headDim] */
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Overwrites the named rows of keys and values. */
export function cacheAppend(pass: Pass, t: CacheTensors, kOffset: number): void {
  const [rows = 0, stride = 0] = t.qkv.shape;
  const [cacheRows = 0, cols = 0] = t.keys.shape;
  expectShape('cacheAppend', 'values', t.values, [cacheRows, cols]);
  expectShape('cacheAppend', 'cacheRow', t.cacheRow, [rows]);
  const end = kOffset + 2 * cols;
  if (end > stride) {
    throw new GpuUsageError(
      `cacheAppend: expected qkv to hold keys and values in columns ${kOffset}–${end}, got [${t.qkv.shape}]`,
    );
  }
  const { conditions, width } = elementsOf(pass.traits, stride, kOffset, cols);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  pass.run(
    { path: 'keyValueCache/append', conditions, constants },
    {
      params: { rows, stride: stride / width, kOffset: kOffset / width, cols: cols / width, cacheRows, share },
      buffers: [t.qkv, t.cacheRow, t.keys, t.values],
      workgroups,
    },
  );
}
