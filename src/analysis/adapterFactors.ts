// The factors of every matrix of a stored adapter.
import type { AdaptedModule, AdapterLayout } from '../adapters/adapterSet.ts';
import { AdapterError } from '../adapters/adapterSet.ts';
import type { Factors } from './update.ts';

/** `block`: the adapter's parameters, `layout.count` elements. Throws AdapterError where they are not finite. */
export function factorsOf({ start }: AdapterLayout, block: Float32Array, module: AdaptedModule): Factors {
  const { rank, scaling, place, aStart, bStart, path } = module;
  const { inFeatures, colCount: outFeatures } = place;
  const a = block.subarray(aStart - start, aStart - start + rank * inFeatures);
  const b = block.subarray(bStart - start, bStart - start + rank * outFeatures);
  if (!a.every(Number.isFinite) || !b.every(Number.isFinite)) {
    throw new AdapterError(
      `${path} holds numbers that are not finite: training diverged, and there is nothing to measure.`,
    );
  }
  return { rank, scaling, inFeatures, outFeatures, a, b };
}
