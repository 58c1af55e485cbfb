// Subspace similarity φ of the paper's section 7.2 between the A of two adapters, averaged over the layers. Adapters of one
// seed start with the same rows of A, so that pairs of two seeds say what training itself made alike.
import { factorsOf } from '../../src/analysis/adapterFactors.ts';
import { randomSimilarity, subspaceSimilarity } from '../../src/analysis/subspace.ts';
import { inputDirections } from '../../src/analysis/update.ts';
import { type LocalAdapter, openLocalAdapter } from '../../src/cli/adapterFolder.ts';
import { openLocalModel } from '../../src/cli/modelFolder.ts';
import type { Target } from '../../src/model/targets.ts';
import { MODEL } from './grids.ts';

/** φ(i, j): the top i directions of the first with the top j of the second. */
const PLACES = [
  [1, 1],
  [1, 8],
  [8, 8],
  [8, 64],
] as const;

export interface Similarity {
  readonly first: string;
  readonly second: string;
  readonly target: Target;
  /** Means over the layers; `random`: of two random matrices of these sizes. */
  readonly phi: readonly { readonly i: number; readonly j: number; readonly mean: number; readonly random: number }[];
}

/** `first`, `second`: adapter folders of rank 8 and 64, or more. */
export async function similarity(first: string, second: string, target: Target): Promise<Similarity> {
  const { architecture } = await openLocalModel(MODEL);
  const [a, b] = [await openLocalAdapter(first, architecture), await openLocalAdapter(second, architecture)];
  const pairs = directionsOf(a, target).map((u, layer) => [u, directionsOf(b, target)[layer]!] as const);
  const phi = PLACES.map(([i, j]) => {
    const at = (values: Float64Array, cols: number) => values[(i - 1) * cols + j - 1]!;
    const mean = pairs.reduce((sum, [u, v]) => sum + at(subspaceSimilarity(u, v), v.cols), 0) / pairs.length;
    const random = pairs.reduce(
      (sum, [u, v], s) => sum + at(randomSimilarity(u.rows, u.cols, v.cols, 2 * s), v.cols),
      0,
    );
    return { i, j, mean, random: random / pairs.length };
  });
  return { first, second, target, phi: phi.filter(({ j }) => j <= pairs[0]![1].cols) };
}

function directionsOf({ layout, block }: LocalAdapter, target: Target) {
  const modules = layout.modules.filter(({ place }) => place.target === target);
  return modules.map((module) => inputDirections(factorsOf(layout, block, module)));
}
