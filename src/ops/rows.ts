// Picking rows, putting them back, filling.
import type { Pass } from '../gpu/plan.ts';
import { elementCount, expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByInvocation, shareByRow } from './workgroups.ts';

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

/** Backward of `gatherRows`: dx is zero but for dx[index[i]] = dy[i]. dy: [rows, cols]; overwrites dx [targetRows, cols]. */
export function scatterRows(pass: Pass, t: { dy: Tensor; index: Tensor; dx: Tensor }): void {
  const [targetRows = 0, cols = 0] = t.dx.shape;
  const [rows = 0] = t.index.shape;
  expectShape('scatterRows', 'dy', t.dy, [rows, cols]);
  fill(pass, t.dx, 0);
  const { conditions, width } = elementsOf(cols);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  pass.run(
    { path: 'rows/scatter', conditions, constants },
    { params: { rows, cols: cols / width, targetRows, share }, buffers: [t.dy, t.index, t.dx], workgroups },
  );
}

/** Overwrites every element of y. */
export function fill(pass: Pass, y: Tensor, value: number): void {
  const scalars = elementCount(y.shape);
  const { conditions, width } = elementsOf(scalars);
  const count = scalars / width;
  const { constants, share, workgroups } = shareByInvocation(pass.traits, count);
  pass.run({ path: 'rows/fill', conditions, constants }, { params: { count, share, value }, buffers: [y], workgroups });
}
