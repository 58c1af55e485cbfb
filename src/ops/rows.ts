// Picking rows.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByRow } from './workgroups.ts';

/** y[i] = x[index[i]], or zeros where index[i] is no row of x. x: [sourceRows, cols]; index: u32 [rows]; overwrites y [rows, cols]. */
export function gatherRows(pass: Pass, t: { x: Tensor; index: Tensor; y: Tensor }): void {
  const [sourceRows = 0, cols = 0] = t.x.shape;
  const [rows = 0] = t.index.shape;
  expectShape('gatherRows', 'y', t.y, [rows, cols]);
  const { conditions, width } = elementsOf(pass.traits, cols);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  pass.run(
    { path: 'rows/gather', conditions, constants },
    { params: { rows, cols: cols / width, sourceRows, share }, buffers: [t.x, t.index, t.y], workgroups },
  );
}

/** `gatherRows` of two tensors [sourceRows, …] by one index. Overwrites both y. */
export function gatherRowPairs(
  pass: Pass,
  t: { index: Tensor; first: { x: Tensor; y: Tensor }; second: { x: Tensor; y: Tensor } },
): void {
  const [sourceRows = 0, cols1 = 0] = t.first.x.shape;
  const [, cols2 = 0] = t.second.x.shape;
  const [rows = 0] = t.index.shape;
  expectShape('gatherRowPairs', 'second x', t.second.x, [sourceRows, cols2]);
  expectShape('gatherRowPairs', 'first y', t.first.y, [rows, cols1]);
  expectShape('gatherRowPairs', 'second y', t.second.y, [rows, cols2]);
  const { conditions, width } = elementsOf(pass.traits, cols1, cols2);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  pass.run(
    { path: 'rows/gatherPair', conditions, constants },
    {
      params: { rows, cols1: cols1 / width, cols2: cols2 / width, sourceRows, share },
      buffers: [t.first.x, t.second.x, t.index, t.first.y, t.second.y],
      workgroups,
    },
  );
}
