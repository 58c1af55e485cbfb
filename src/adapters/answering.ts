// Adapters as the generator takes them: which block of the flat parameters each linear meets, for any mix of adapters.
import type { Gpu } from '../gpu/device.ts';
import { newTensor, type Tensor } from '../gpu/tensor.ts';
import type { AnsweringAdapters } from '../model/answeringAdapters.ts';
import type { Architecture } from '../model/architecture.ts';
import { linearShape } from '../model/linears.ts';
import { type AdaptedModule, AdapterError, type AdapterLayout } from './adapterSet.ts';

/** A tensor of its own for the flat parameters of `layouts`, placed and filled. The caller frees its allocation. */
export function placeParameters(gpu: Gpu, parameters: Float32Array<ArrayBuffer>): Tensor {
  const tensor = newTensor('adapters', [parameters.length]);
  gpu.place(tensor.allocation);
  gpu.write(tensor, parameters);
  return tensor;
}

/**
 * `parameters`: flat, as `layouts` lays them out, placed; a run's own tensor may be used while it trains. Throws
 * AdapterError when one adapter sits on qkv as one matrix and another on its parts.
 */
export function answeringAdapters(
  a: Architecture,
  layouts: readonly AdapterLayout[],
  parameters: Tensor,
): AnsweringAdapters {
  const modules = layouts.flatMap((layout) => layout.modules);
  return {
    count: layouts.length,
    parameters,
    groupsOf(layer, linear, blocks) {
      const isHere = (module: AdaptedModule) => module.layer === layer && module.place.linear === linear;
      const here = modules.filter(isHere);
      if (here.length === 0) return undefined;
      const columns = columnBlocks(here, linearShape(a, linear).cols);
      return blocks.map(({ rowStart, rowCount, choice }) => {
        const chosen = choice.adapter === undefined ? [] : layouts[choice.adapter]!.modules.filter(isHere);
        return {
          rowStart,
          rowCount,
          columns: columns.map((column) => {
            const module = chosen.find(({ place }) => place.colStart === column.colStart);
            const scaling = module && module.scaling * choice.strength;
            return { ...column, adapted: module && { ...module, scaling: scaling!, dropout: 0 } };
          }),
        };
      });
    },
  };
}

/** The columns of a linear, cut wherever any adapter's matrix starts or ends. */
function columnBlocks(modules: readonly AdaptedModule[], cols: number): { colStart: number; colCount: number }[] {
  const edges = new Set([0, cols]);
  for (const { place } of modules) edges.add(place.colStart).add(place.colStart + place.colCount);
  if (edges.size > 2 && modules.some(({ place }) => place.colCount === cols)) {
    throw new AdapterError('Adapters on qkv as one matrix and adapters on its parts cannot answer side by side.');
  }
  const starts = [...edges].sort((x, y) => x - y);
  return starts.slice(0, -1).map((colStart, i) => ({ colStart, colCount: starts[i + 1]! - colStart }));
}
