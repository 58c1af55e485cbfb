// Picking rows.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByRow } from './workgroups.ts';

/** y[i] = x[index[i]], or zeros where index[i] is no row of x. x: [sourceRows, cols]; index: u32 [rows]; overwrites y [rows, cols]. */
export function gatherRows(pass: Pass, t: { x: Tensor; index: Tensor; y: Tensor }): void {
  const [sourceRows = 0, cols = 0] = t.x.shape;
  const [rows = 0] = t.index.shape;
  expectShape('gatherRows', 'y', t.y, [rows, cols]);
  const { conditions, width } = elementsOf(cols);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  pass.run(
    { path: 'rows/gather', conditions, constants },
    { params: { rows, cols: cols / width, sourceRows, share }, buffers: [t.x, t.index, t.y], workgroups },
  );
}
