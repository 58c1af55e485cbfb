// ΔW against the frozen weights under it. Hu et al. 2021 (arXiv 2106.09685), section 7.3 and table 7: ‖Uᵀ·W·V‖_F with U, V the
// top r left and right singular directions of ΔW, of W itself, and of a random matrix; and the amplification factor
// ‖ΔW‖_F / ‖Uᵀ·W·V‖_F with the directions of ΔW: how much stronger the adapter makes what the model had there.
import { type Breathe, multiplyTransposed, norm } from './columns.ts';
import { type FrozenMatrix, frozenNorm, timesColumns } from './frozenMatrix.ts';
import { randomDirections } from './gaussian.ts';
import type { Svd } from './svd.ts';
import { topSingularValues } from './topSingularValues.ts';
import { frobenius } from './update.ts';

export interface Amplification {
  /** r: how many directions of each. */
  readonly directions: number;
  readonly updateNorm: number;
  readonly frozenNorm: number;
  /** ‖Uᵀ·W·V‖_F along the directions of ΔW, of W and of a random matrix. */
  readonly alongUpdate: number;
  readonly alongFrozen: number;
  readonly alongRandom: number;
  /** NaN for an update of zero, which has no directions. */
  readonly factor: number;
}

export async function amplification(
  w: FrozenMatrix,
  { u, values, v }: Svd,
  { seed, breathe }: { seed: number; breathe: Breathe },
): Promise<Amplification> {
  const directions = values.length;
  const along = async (left: typeof u, right: typeof v) =>
    norm(multiplyTransposed(left, await timesColumns(w, right, breathe)).values);
  const updateNorm = frobenius(values);
  const alongUpdate = updateNorm === 0 ? Number.NaN : await along(u, v);
  return {
    directions,
    updateNorm,
    frozenNorm: frozenNorm(w),
    alongUpdate,
    // W's own directions make its diagonal: the norm of its largest singular values.
    alongFrozen: frobenius(await topSingularValues(w, { count: directions, seed, breathe })),
    alongRandom: await along(
      randomDirections(w.rows, directions, seed + 1),
      randomDirections(w.cols, directions, seed + 2),
    ),
    factor: updateNorm / alongUpdate,
  };
}
