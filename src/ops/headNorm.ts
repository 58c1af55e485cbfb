// RMSNorm of every query and key head on its own (Qwen3), over a fused projection. The weights are frozen.
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByPart } from './workgroups.ts';

export interface HeadNormTensors {
  /** [rows, (heads + 2·kvHeads)·headDim], q | k | v before the norm. */
  readonly raw: Tensor;
  /** [headDim], shared by all query heads. */
  readonly qWeight: Tensor;
  /** [headDim], shared by all key heads. */
  readonly kWeight: Tensor;
}

export interface HeadNormSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Overwrites qkv, of raw's shape: q and k heads normalised, v copied. */
export function headNormForward(
  pass: Pass,
  t: HeadNormTensors & { readonly qkv: Tensor },
  sizes: HeadNormSizes,
  eps: number,
): void {
  const rows = checkShapes('headNorm', t, sizes);
  expectShape('headNorm', 'qkv', t.qkv, t.raw.shape);
  const { heads, kvHeads, headDim } = sizes;
  const { conditions, width } = elementsOf(pass.traits, headDim);
  const { constants, workgroups } = shareByPart(pass.traits, rows * (heads + 2 * kvHeads));
  pass.run(
    { path: 'headNorm/forward', conditions, constants },
    {
      params: { rows, heads, kvHeads, headDim: headDim / width, eps },
      buffers: [t.raw, t.qWeight, t.kWeight, t.qkv],
      workgroups,
    },
  );
}

/** dqkv: the gradient of the normed qkv. Turns its q and k columns into the gradient of raw, in place. */
export function headNormBackward(
  pass: Pass,
  t: HeadNormTensors & { readonly dqkv: Tensor },
  sizes: HeadNormSizes,
  eps: number,
): void {
  const rows = checkShapes('headNormBackward', t, sizes);
  expectShape('headNormBackward', 'dqkv', t.dqkv, t.raw.shape);
  const { heads, kvHeads, headDim } = sizes;
  const { conditions, width } = elementsOf(pass.traits, headDim);
  const { constants, workgroups } = shareByPart(pass.traits, rows * (heads + kvHeads));
  pass.run(
    { path: 'headNorm/backward', conditions, constants },
    {
      params: { rows, heads, kvHeads, headDim: headDim / width, eps },
      buffers: [t.raw, t.qWeight, t.kWeight, t.dqkv],
      workgroups,
    },
  );
}

function checkShapes(op: string, t: HeadNormTensors, { heads, kvHeads, headDim }: HeadNormSizes): number {
  const [rows = 0] = t.raw.shape;
  expectShape(op, 'raw', t.raw, [rows, (heads + 2 * kvHeads) * headDim]);
  expectShape(op, 'qWeight', t.qWeight, [headDim]);
  expectShape(op, 'kWeight', t.kWeight, [headDim]);
  return rows;
}
