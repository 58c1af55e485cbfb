// What attention works on, however it is computed.
import type { Tensor } from '../gpu/tensor.ts';

export interface AttentionSizes {
  readonly heads: number;
  /** Divides `heads`: each key-value head serves heads / kvHeads query heads. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Factor of the scores, usually 1/sqrt(headDim). */
  readonly scale: number;
  /**
   * Rows (of q as of k and v) are sequences of this many, and no row sees another sequence; the ranges never step back
   * from one row of a sequence to the next. Allows attention by tiles.
   */
  readonly length?: number;
}

/** Heads side by side in the rows of a wider tensor, from column `offset`. The row stride is the tensor's columns. */
export interface Columns {
  readonly tensor: Tensor;
  readonly offset: number;
}

export interface AttentionTensors {
  readonly q: Columns;
  readonly k: Columns;
  readonly v: Columns;
  readonly keyStart: Tensor;
  readonly keyEnd: Tensor;
  readonly out: Tensor;
  readonly lse: Tensor;
}

export interface AttentionGradients {
  readonly qkv: Tensor;
  readonly out: Tensor;
  readonly lse: Tensor;
  readonly dout: Tensor;
  readonly keyStart: Tensor;
  readonly keyEnd: Tensor;
  readonly queryEnd: Tensor;
  readonly delta: Tensor;
  readonly dqkv: Tensor;
}
