// Rotary position embedding (Su et al. 2021, arXiv 2104.09864), in the pairing of Llama: element i of a head turns with
// element i + headDim/2. Angles come as a table, so that every kind of scaling is one kernel.
import { GpuUsageError } from '../gpu/errors.ts';
import type { Pass } from '../gpu/plan.ts';
import { expectShape, type Tensor } from '../gpu/tensor.ts';
import { elementsOf, shareByPart } from './workgroups.ts';

export interface RotarySizes {
  readonly heads: number;
  readonly kvHeads: number;
  /** Even. */
  readonly headDim: number;
}

export interface RotaryAngles {
  readonly positions: Tensor;
  readonly cosSin: Tensor;
}

/**
 * qkv: [rows, (heads + 2·kvHeads)·headDim]; positions: u32 [rows]; cosSin: [maxPositions, headDim], each row the cosines
 * of the headDim/2 pairs, then their sines. Turns the q and k columns of qkv in place. Every position must be in the table.
 */
export function rotaryForward(pass: Pass, t: RotaryAngles & { readonly qkv: Tensor }, sizes: RotarySizes): void {
  rotate(pass, 'qkv', t.qkv, t, sizes, 1);
}

/** dqkv: as qkv in `rotaryForward`. Turns the q and k columns of dqkv back, in place. */
export function rotaryBackward(pass: Pass, t: RotaryAngles & { readonly dqkv: Tensor }, sizes: RotarySizes): void {
  rotate(pass, 'dqkv', t.dqkv, t, sizes, -1);
}

function rotate(
  pass: Pass,
  name: string,
  x: Tensor,
  { positions, cosSin }: RotaryAngles,
  { heads, kvHeads, headDim }: RotarySizes,
  direction: 1 | -1,
): void {
  if (headDim % 2 !== 0) throw new GpuUsageError(`rotary: expected an even head size, got ${headDim}`);
  const cols = (heads + 2 * kvHeads) * headDim;
  const [rows = 0] = x.shape;
  const rotatedHeads = heads + kvHeads;
  expectShape('rotary', name, x, [rows, cols]);
  expectShape('rotary', 'positions', positions, [rows]);
  expectShape('rotary', 'cosSin', cosSin, [cosSin.shape[0] ?? 0, headDim]);
  const { conditions, width } = elementsOf(pass.traits, headDim / 2);
  const { constants, share, workgroups } = shareByPart(pass.traits, (rows * headDim) / 2 / width, rotatedHeads);
  pass.run(
    { path: 'rotary/rotate', conditions, constants },
    {
      params: { rows, cols: cols / width, rotatedHeads, headDim: headDim / width, heads: share, direction },
      buffers: [positions, cosSin, x],
      workgroups,
    },
  );
}
