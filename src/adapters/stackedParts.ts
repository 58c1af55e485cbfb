// An adapter's matrices as the modules that other programs know. GPT-2's q, k and v adapted one by one have no name there,
// where c_attn is whole: n parts of rank r leave as one adapter of rank n·r, A the parts' A stacked and B their B placed in
// blocks, whose product is exactly their updates.
import type { Architecture } from '../model/architecture.ts';
import { linearShape } from '../model/linears.ts';
import type { AdaptedModule, AdapterLayout } from './adapterSet.ts';

/** The matrices of each module of the base model, in the order of the layout: one that covers it, or parts of it. */
export function partsByPath({ modules }: AdapterLayout): AdaptedModule[][] {
  return [...new Set(modules.map(({ path }) => path))].map((path) => modules.filter((module) => module.path === path));
}

export interface StackedModule {
  readonly rank: number;
  /** [rank, in] */
  readonly down: Float32Array<ArrayBuffer>;
  /** [out, rank] */
  readonly up: Float32Array<ArrayBuffer>;
}

/** `parts`: of one module. `factorOf`: what a part's B is multiplied by. */
export function stackedParts(
  a: Architecture,
  { start }: AdapterLayout,
  parts: readonly AdaptedModule[],
  block: Float32Array,
  factorOf: (part: AdaptedModule, rank: number) => number = () => 1,
): StackedModule {
  const [first] = parts;
  if (!first) throw new RangeError('stackedParts: expected at least one matrix');
  const { place } = first;
  const { inFeatures } = place;
  const isSplit = a.isConv1D && (place.target === 'q' || place.target === 'k' || place.target === 'v');
  const outFeatures = isSplit ? linearShape(a, place.linear).cols : place.colCount;
  const rank = parts.reduce((sum, part) => sum + part.rank, 0);
  const down = new Float32Array(rank * inFeatures);
  const up = new Float32Array(outFeatures * rank);
  let rankStart = 0;
  for (const part of parts) {
    const colStart = isSplit ? part.place.colStart : 0;
    const [aStart, bStart] = [part.aStart - start, part.bStart - start];
    const factor = factorOf(part, rank);
    down.set(block.subarray(aStart, aStart + part.rank * inFeatures), rankStart * inFeatures);
    for (let col = 0; col < part.place.colCount; col++) {
      for (let r = 0; r < part.rank; r++) {
        up[(colStart + col) * rank + rankStart + r] = factor * block[bStart + col * part.rank + r]!;
      }
    }
    rankStart += part.rank;
  }
  return { rank, down, up };
}
