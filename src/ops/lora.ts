// The skinny products around the fused linear: U = (mask∘x)·Aᵀ, V = dy·B, and the gradients of A and B
// (Hu et al. 2021, arXiv 2106.09685; the backward of y = … + scaling·U·Bᵀ). All follow the group table.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import type { LoraTensors } from './loraSegments.ts';

const TILE = 4;

/** x: [rows, inner]. Overwrites u. With dropout, the same mask is drawn again by the backward kernels of this step. */
export function loraProject(pass: Pass, lora: LoraTensors, t: { x: Tensor; step: Tensor }): void {
  const [, inner = 0] = t.x.shape;
  const { table } = lora;
  expectShape('loraProject', 'u', lora.u, [table.projectedElements]);
  const dropout = table.hasDropout;
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

function skinnyTiles({ table }: LoraTensors): number[] {
  return [Math.ceil(table.maxRows / (64 * TILE)), Math.ceil(table.maxRank / TILE), table.segments];
}

/** Whether every A starts on a vector boundary. */
function isAligned({ table }: LoraTensors): boolean {
  for (let i = 0; i < table.segments; i++) if (table.words[i * 12 + 6]! % 4 !== 0) return false;
  return true;
}
