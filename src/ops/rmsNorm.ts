// Root-mean-square layer normalisation (Zhang & Sennrich 2019, arXiv 1910.07467, eq. 4). The weight is frozen, so
// backward computes the gradient of x alone.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByReduction } from './workgroups.ts';

export interface RmsNormTensors {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly y: Tensor;
  readonly rstd: Tensor;
}

export interface RmsNormGradients {
  readonly dy: Tensor;
  readonly dx: Tensor;
}

/** x, y: [rows, cols]; weight: [cols]; rstd: [rows]. Overwrites y and rstd. */
export function rmsNormForward(pass: Pass, t: RmsNormTensors, eps: number): void {
  const { rows, cols } = checkShapes(t);
  const { conditions, width } = elementsOf(pass.traits, cols);
  const { constants, share, workgroups, ...reduction } = shareByReduction(pass.traits, rows);
  pass.run(
    { path: 'rmsNorm/forward', conditions: { ...conditions, ...reduction.conditions }, constants },
    { params: { rows, cols: cols / width, share, eps }, buffers: [t.x, t.weight, t.y, t.rstd], workgroups },
  );
}

/** dy, dx: [rows, cols]. Adds to dx, or overwrites it. */
export function rmsNormBackward(
  pass: Pass,
  t: Omit<RmsNormTensors, 'y'> & RmsNormGradients,
  into: 'add' | 'overwrite' = 'add',
): void {
  const { rows, cols } = checkShapes({ ...t, y: t.dy });
  expectShape('rmsNormBackward', 'dx', t.dx, [rows, cols]);
  const { conditions, width } = elementsOf(pass.traits, cols);
  const { constants, share, workgroups, ...reduction } = shareByReduction(pass.traits, rows);
  pass.run(
    { path: 'rmsNorm/backward', conditions: { ...conditions, ...reduction.conditions }, constants },
    {
      params: { rows, cols: cols / width, share, adds: into === 'add' ? 1 : 0 },
      buffers: [t.x, t.weight, t.rstd, t.dy, t.dx],
      workgroups,
    },
  );
}

function checkShapes(t: RmsNormTensors): { rows: number; cols: number } {
  const [rows = 0, cols = 0] = t.x.shape;
  expectShape('rmsNorm', 'x', t.x, [rows, cols]);
  expectShape('rmsNorm', 'weight', t.weight, [cols]);
  expectShape('rmsNorm', 'y', t.y, [rows, cols]);
  expectShape('rmsNorm', 'rstd', t.rstd, [rows]);
  return { rows, cols };
}
