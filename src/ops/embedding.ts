// Token and position lookup. The table may be cut by rows; each part fills the rows whose id it holds.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, isBlockType, type Tensor } from '../gpu/tensor.ts';
import { formatConditions, partRows, type WeightMatrix } from './weightMatrix.ts';
import { elementsOf, shareByRow, widestElements } from './workgroups.ts';

export interface EmbeddingTensors {
  /** u32 [rows] */
  readonly ids: Tensor;
  /** [vocabulary, cols] */
  readonly weight: WeightMatrix;
  /** [rows, cols] */
  readonly y: Tensor;
}

/** y[m] = weight[ids[m]]. Overwrites y (rows whose id is outside the table are left alone), or adds to it. */
export function embeddingForward(pass: Pass, t: EmbeddingTensors, options: { add?: boolean } = {}): void {
  const [rows = 0, cols = 0] = t.y.shape;
  expectShape('embeddingForward', 'ids', t.ids, [rows]);
  expectShape('embeddingForward', 'y', t.y, [rows, t.weight.cols]);
  const { constants, share, workgroups } = shareByRow(pass.traits, rows);
  for (const part of t.weight.parts) {
    // Blocks are decoded four elements at a time.
    const { conditions } = isBlockType(part.tensor.type) ? widestElements(cols) : elementsOf(pass.traits, cols);
    pass.run(
      {
        path: 'embedding/forward',
        constants,
        conditions: { ...formatConditions(part.tensor), ...conditions },
      },
      {
        params: { rows, cols, rowStart: part.rowStart, partRows: partRows(part), share, adds: options.add ? 1 : 0 },
        buffers: [t.ids, part.tensor, t.y],
        workgroups,
      },
    );
  }
}
