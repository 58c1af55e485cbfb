// Layer normalisation (Ba et al. 2016, arXiv 1607.06450, eq. 4). Weight and bias are frozen, so backward computes the
// gradient of x alone.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByReduction } from './workgroups.ts';

export interface LayerNormTensors {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly y: Tensor;
  readonly mean: Tensor;
  readonly rstd: Tensor;
}

export interface LayerNormGradients {
  readonly dy: Tensor;
  readonly dx: Tensor;
}

/** x, y: [rows, cols]; weight, bias: [cols]; mean, rstd: [rows]. Overwrites y, mean and rstd. */
export function layerNormForward(pass: Pass, t: LayerNormTensors, eps: number): void {
  const { rows, cols } = checkShapes(t);
  expectShape('layerNorm', 'bias', t.bias, [cols]);
  const { conditions, width } = elementsOf(pass.traits, cols);
  const { constants, share, workgroups, ...reduction } = shareByReduction(pass.traits, rows);
  pass.run(
    { path: 'layerNorm/forward', conditions: { ...conditions, ...reduction.conditions }, constants },
    {
      params: { rows, cols: cols / width, share, eps },
      buffers: [t.x, t.weight, t.bias, t.y, t.mean, t.rstd],
      workgroups,
    },
  );
}

/** dy, dx: [rows, cols]. Adds to dx, or overwrites it. */
export function layerNormBackward(
  pass: Pass,
  t: Omit<LayerNormTensors, 'y' | 'bias'> & LayerNormGradients,
  into: 'add' | 'overwrite' = 'add',
): void {
  const { rows, cols } = checkShapes({ ...t, y: t.dy });
  expectShape('layerNormBackward', 'dx', t.dx, [rows, cols]);
  const { conditions, width } = elementsOf(pass.traits, cols);
  const { constants, share, workgroups, ...reduction } = shareByReduction(pass.traits, rows);
  pass.run(
    { path: 'layerNorm/backward', conditions: { ...conditions, ...reduction.conditions }, constants },
    {
      params: { rows, cols: cols / width, share, adds: into === 'add' ? 1 : 0 },
      buffers: [t.x, t.weight, t.mean, t.rstd, t.dy, t.dx],
      workgroups,
    },
  );
}

function checkShapes(t: Omit<LayerNormTensors, 'bias'>): { rows: number; cols: number } {
  const [rows = 0, cols = 0] = t.x.shape;
  expectShape('layerNorm', 'x', t.x, [rows, cols]);
  expectShape('layerNorm', 'weight', t.weight, [cols]);
  expectShape('layerNorm', 'y', t.y, [rows, cols]);
  expectShape('layerNorm', 'mean', t.mean, [rows]);
  expectShape('layerNorm', 'rstd', t.rstd, [rows]);
  return { rows, cols };
}
