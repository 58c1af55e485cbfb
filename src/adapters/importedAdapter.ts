// An adapter that was trained elsewhere, from any kind of file, as what a model of ours takes.
import { type AdapterConfig, moduleScaling } from '../formats/peft.ts';
import type { Architecture } from '../model/architecture.ts';
import { TARGETS } from '../model/targets.ts';
import { AdapterError, type AdapterLayout, type AdapterSpec, moduleKey } from './adapterSet.ts';
import type { PeftModule } from './peftModules.ts';

export interface ImportedAdapter {
  readonly config: AdapterConfig;
  readonly spec: AdapterSpec;
  /**
   * A and B of every module as a block of `layout.count` elements, which belongs at `layout.start` of the flat
   * parameters. `layout` is that of `spec` on the same model.
   */
  parametersFor(layout: AdapterLayout): Float32Array<ArrayBuffer>;
}

/** A and B by the module's path, of the shapes that PEFT has them in. */
export type FactorsByPath = ReadonlyMap<string, Readonly<Record<'a' | 'b', Float32Array>>>;

/** The `parametersFor` of factors that were read. Throws AdapterError where `layout` has a module that they lack, or they no numbers. */
export function parametersOf(
  factors: FactorsByPath,
  layout: AdapterLayout,
  fileName: string,
): Float32Array<ArrayBuffer> {
  const block = new Float32Array(layout.count);
  for (const [path, { a, b }] of factors) {
    if (!(a.every(Number.isFinite) && b.every(Number.isFinite))) {
      throw new AdapterError(`${fileName}: ${path} holds numbers that are not finite; its training went wrong.`);
    }
  }
  for (const { path, aStart, bStart } of layout.modules) {
    const found = factors.get(path);
    if (!found) throw new AdapterError(`${fileName} has no tensors for ${path}.`);
    block.set(found.a, aStart - layout.start);
    block.set(found.b, bStart - layout.start);
  }
  return block;
}

/** `named`: the modules that the adapter changes. */
export function specOf(config: AdapterConfig, named: readonly PeftModule[], a: Architecture): AdapterSpec {
  const { rank, alpha, dropout, useRslora } = config;
  const targets = TARGETS.filter((target) => named.some(({ place }) => place.target === target));
  const layerList = [...new Set(named.map(({ layer }) => layer))].sort((x, y) => x - y);
  const [first = 0, last = 0] = [layerList.at(0), layerList.at(-1)];
  const isRange = last - first + 1 === layerList.length;
  const isEveryLayer = layerList.length === a.layers;
  const overrides = new Map<string, { rank: number; alpha: number }>();
  for (const { layer, place, path } of named) {
    const own = moduleScaling(config, path);
    if (own.rank === rank && own.alpha === alpha) continue;
    overrides.set(moduleKey(layer, place.target), { rank: own.rank, alpha: own.alpha });
  }
  const isGrid = named.length === targets.length * layerList.length;
  return {
    rank,
    alpha,
    dropout,
    useRslora,
    targets,
    ...(isEveryLayer ? {} : isRange ? { layers: [first, last] as const } : { layerList }),
    ...(isGrid ? {} : { modules: new Set(named.map(({ layer, place }) => moduleKey(layer, place.target))) }),
    ...(overrides.size === 0 ? {} : { overrides }),
  };
}
