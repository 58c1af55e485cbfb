// The adapters that train or answer together: where each A and B lies in the flat parameter buffer, how they start, and
// the group tables that linears read. One adapter is a set of one.
import type { Architecture } from '../model/architecture.ts';
import { blockPath, type LinearName, linearShape, type TargetPlace, targetPlaces } from '../model/linears.ts';
import type { Target } from '../model/targets.ts';
import type { AdaptedBlock, RowGroup } from '../ops/loraSegments.ts';

/** An adapter's choice of matrices, rank and scaling cannot be had on this model. */
export class AdapterError extends Error {
  override name = 'AdapterError';
}

export interface AdapterSpec {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly useRslora: boolean;
  readonly targets: readonly Target[];
  /** First and last adapted layer, inclusive. */
  readonly layers?: readonly [number, number] | undefined;
  /** Layers that an imported adapter names one by one. */
  readonly layerList?: readonly number[] | undefined;
  /** The modules of an imported adapter that does not have every target in every layer, as moduleKey writes them. */
  readonly modules?: ReadonlySet<string> | undefined;
  /** An imported adapter's own rank and alpha for a module, by layer and target. */
  readonly overrides?: ReadonlyMap<string, { rank: number; alpha: number }> | undefined;
}

/** One adapted matrix: A [rank, inFeatures] at aStart and B [colCount, rank] at bStart of the flat parameters. */
export interface AdaptedModule {
  readonly layer: number;
  readonly place: TargetPlace;
  readonly rank: number;
  readonly scaling: number;
  readonly aStart: number;
  readonly bStart: number;
  readonly stream: number;
  /** Path from the model's root, as PEFT names it. */
  readonly path: string;
}

export interface AdapterLayout {
  readonly spec: AdapterSpec;
  /** Where this adapter's block starts in the flat parameters, and how many elements it has. */
  readonly start: number;
  readonly count: number;
  readonly modules: readonly AdaptedModule[];
}

/** Blocks start at multiples of this many elements, so that every A can be read as vectors. */
const ALIGNMENT = 64;

function scalingOf(alpha: number, rank: number, useRslora: boolean): number {
  return useRslora ? alpha / Math.sqrt(rank) : alpha / rank;
}

export function moduleKey(layer: number, target: Target): string {
  return `${layer}.${target}`;
}

/** Lays the adapters out one after another. Throws AdapterError for a target or layer that the model lacks. */
export function layOutAdapters(a: Architecture, specs: readonly AdapterSpec[]): AdapterLayout[] {
  let at = 0;
  return specs.map((spec) => {
    const start = at;
    const modules: AdaptedModule[] = [];
    const places = placesFor(a, spec);
    for (const layer of layersFor(a, spec)) {
      for (const place of places) {
        const key = moduleKey(layer, place.target);
        if (spec.modules && !spec.modules.has(key)) continue;
        const override = spec.overrides?.get(key);
        const { rank, alpha } = override ?? spec;
        modules.push({
          layer,
          place,
          rank,
          scaling: scalingOf(alpha, rank, spec.useRslora),
          aStart: at,
          bStart: at + rank * place.inFeatures,
          stream: layer * 16 + places.indexOf(place),
          path: `${blockPath(a, layer)}.${place.moduleName}`,
        });
        at = Math.ceil((at + rank * (place.inFeatures + place.colCount)) / 4) * 4;
      }
    }
    const layout = { spec, start, count: at - start, modules };
    at = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
    return layout;
  });
}

function placesFor(a: Architecture, spec: AdapterSpec): TargetPlace[] {
  const places = targetPlaces(a);
  const chosen = [...new Set(spec.targets)].map((target) => {
    const place = places.find((candidate) => candidate.target === target);
    if (!place) {
      const known = places.map((candidate) => candidate.target).join(', ');
      throw new AdapterError(`Target ${target} does not exist in a ${a.modelType} model; it has ${known}.`);
    }
    return place;
  });
  if (chosen.length === 0) throw new AdapterError('Choose at least one target matrix.');
  const hasPart = chosen.some(({ target }) => target === 'q' || target === 'k' || target === 'v');
  if (hasPart && chosen.some(({ target }) => target === 'qkv')) {
    throw new AdapterError('qkv is q, k and v as one matrix: choose either it or its parts.');
  }
  return places.filter((place) => chosen.includes(place));
}

function layersFor(a: Architecture, { layers, layerList }: AdapterSpec): number[] {
  if (layerList) return [...layerList].sort((x, y) => x - y);
  const [first, last] = layers ?? [0, a.layers - 1];
  if (first > last || last >= a.layers) {
    throw new AdapterError(`Layers ${first}–${last} do not exist; this model has layers 0–${a.layers - 1}.`);
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Parameters that train: A and B of every module, without padding. */
export function trainableParameters({ modules }: AdapterLayout): number {
  return modules.reduce((sum, { rank, place }) => sum + rank * (place.inFeatures + place.colCount), 0);
}

/** Elements of the flat buffers for all these adapters. */
export function flatElements(layouts: readonly AdapterLayout[]): number {
  const last = layouts.at(-1);
  return last ? Math.ceil((last.start + last.count) / ALIGNMENT) * ALIGNMENT : ALIGNMENT;
}

export function lowestAdaptedLayer(layouts: readonly AdapterLayout[]): number {
  return Math.min(...layouts.flatMap(({ modules }) => modules.map(({ layer }) => layer)));
}

/**
 * The rows and column blocks of one linear of one layer, or undefined where nothing of it is adapted. Every adapter has
 * the same number of rows, one block after another. `strengths` multiplies each adapter's scaling.
 */
export function rowGroups(
  a: Architecture,
  layouts: readonly AdapterLayout[],
  layer: number,
  linear: LinearName,
  rowsPerAdapter: number,
  strengths: readonly number[] = [],
): RowGroup[] | undefined {
  const adapted = layouts.map(({ modules }) => modules.filter((m) => m.layer === layer && m.place.linear === linear));
  if (adapted.every((modules) => modules.length === 0)) return undefined;
  const { cols } = linearShape(a, linear);
  const edges = new Set([0, cols]);
  for (const { place } of adapted.flat()) edges.add(place.colStart).add(place.colStart + place.colCount);
  const isWhole = ({ place }: AdaptedModule) => place.colCount === cols;
  if (edges.size > 2 && adapted.flat().some(isWhole)) {
    throw new AdapterError('Adapters on qkv as one matrix and adapters on its parts cannot share a batch.');
  }
  const blocks = [...edges].sort((x, y) => x - y);
  return layouts.map((layout, g) => ({
    rowStart: g * rowsPerAdapter,
    rowCount: rowsPerAdapter,
    columns: blocks.slice(0, -1).map((colStart, i) => {
      const module = adapted[g]!.find(({ place }) => place.colStart === colStart);
      return {
        colStart,
        colCount: blocks[i + 1]! - colStart,
        adapted: module && blockOf(module, layout.spec, strengths[g] ?? 1),
      };
    }),
  }));
}

function blockOf(module: AdaptedModule, spec: AdapterSpec, strength: number): AdaptedBlock {
  return {
    rank: module.rank,
    aStart: module.aStart,
    bStart: module.bStart,
    scaling: module.scaling * strength,
    stream: module.stream,
    dropout: spec.dropout,
  };
}
