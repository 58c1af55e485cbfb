// The first step of every pass: token embeddings, plus learned positions where the model has them.
import type { Tensor } from '../gpu/tensor.ts';
import { embeddingForward } from '../ops/embedding.ts';
import type { Context, RowTensors } from './network.ts';

/** x [rows, hidden] of u32 ids and positions [rows]. */
export function embedRows({ pass, model }: Context, { ids, positions }: Pick<RowTensors, 'ids' | 'positions'>): Tensor {
  const [rows = 0] = ids.shape;
  const x = pass.scratch('embedded', [rows, model.architecture.hiddenSize]);
  embeddingForward(pass, { ids, weight: model.embedding.matrix, y: x });
  if (model.positions) embeddingForward(pass, { ids: positions, weight: model.positions.matrix, y: x }, { add: true });
  return x;
}
