// Matrices left open for adapters: each takes its factors as two more inputs of the graph, of a rank that only the call
// knows. onnxruntime-web refuses to override initializers and does not read .onnx_adapter; plain inputs it takes, rank 0
// included.
import { AdapterError, type AdapterLayout, moduleKey } from '../adapters/adapterSet.ts';
import { transposed } from '../adapters/merge.ts';
import { fromFloat32 } from '../formats/dtypes.ts';
import type { TensorEntry } from '../formats/safetensors.ts';
import type { Architecture } from '../model/architecture.ts';
import { blockPath, type LinearName, type TargetPlace, targetPlaces } from '../model/linears.ts';
import type { Target } from '../model/targets.ts';
import type { Graph } from './graph.ts';

export interface OpenAdapter {
  readonly name: string;
  readonly layout: AdapterLayout;
  /** `layout.count` elements. */
  readonly block: Float32Array;
}

/** Which matrices are open, as moduleKey writes them. Never `qkv`: GPT-2's parts are open one by one. */
export type OpenMatrices = ReadonlySet<string>;

const PARTS: readonly Target[] = ['q', 'k', 'v'];

/** `qkv` as its parts. */
const partsOf = (target: Target): readonly Target[] => (target === 'qkv' ? PARTS : [target]);

/** Every matrix that one of the adapters is on. */
export function adaptedMatrices(adapters: readonly OpenAdapter[]): OpenMatrices {
  const modules = adapters.flatMap(({ layout }) => layout.modules);
  return new Set(
    modules.flatMap(({ layer, place }) => partsOf(place.target).map((target) => moduleKey(layer, target))),
  );
}

/** These targets in every layer. Throws AdapterError for one that the model lacks. */
export function matricesOf(a: Architecture, targets: readonly Target[]): OpenMatrices {
  const known = targetPlaces(a).map(({ target }) => target);
  const missing = targets.find((target) => !known.includes(target));
  if (missing)
    throw new AdapterError(`Target ${missing} does not exist in a ${a.modelType} model; it has ${known.join(', ')}.`);
  const layers = Array.from({ length: a.layers }, (_, layer) => layer);
  return new Set(layers.flatMap((layer) => targets.flatMap(partsOf).map((target) => moduleKey(layer, target))));
}

/** What the factors' names begin with: the module's path, and the part of it where GPT-2 fuses three. */
function openName(a: Architecture, layer: number, { target, moduleName }: TargetPlace): string {
  const isPart = a.isConv1D && PARTS.includes(target);
  return `${blockPath(a, layer)}.${moduleName}${isPart ? `.${target}` : ''}`;
}

/** The targets of a linear's stored matrices, in order. */
export function targetsOf(a: Architecture, linear: LinearName): readonly Target[] {
  if (linear === 'qkv') return PARTS;
  if (linear === 'up') return a.mlp.kind === 'gated' ? ['gate', 'up'] : ['up'];
  return [linear];
}

/** y + (x·A)·B, with A [in, rank] and B [rank, out] as inputs. x: [rows, in], y: [rows, out], all f32. */
export function withOpenFactors(
  graph: Graph,
  a: Architecture,
  { layer, target, x, y }: { layer: number; target: Target; x: string; y: string },
): string {
  const place = targetPlaces(a).find((candidate) => candidate.target === target);
  if (!place) throw new RangeError(`withOpenFactors: no ${target} in ${a.modelType}`);
  const name = openName(a, layer, place);
  const rank = `${name}.rank`;
  const down = graph.input(`${name}.lora_A`, 'float32', [place.inFeatures, rank]);
  const up = graph.input(`${name}.lora_B`, 'float32', [rank, place.colCount]);
  return graph.node('Add', [y, graph.node('MatMul', [graph.node('MatMul', [x, down]), up])]);
}

/** An adapter's factors under the names and in the shapes of the graph's inputs, the scaling in B. */
export function adapterFactors(a: Architecture, { layout, block }: OpenAdapter): TensorEntry[] {
  const places = targetPlaces(a);
  return layout.modules.flatMap(({ layer, place, rank, scaling, aStart, bStart }) => {
    return partsOf(place.target).flatMap((target) => {
      const part = places.find((candidate) => candidate.target === target) ?? place;
      const { inFeatures, colCount } = part;
      // Where one B serves the fused matrix, its rows are the parts' one after another.
      const firstRow = part.colStart - place.colStart;
      const aAt = aStart - layout.start;
      const bAt = bStart - layout.start + firstRow * rank;
      const name = openName(a, layer, part);
      return [
        entry(`${name}.lora_A`, transposed(block.subarray(aAt, aAt + rank * inFeatures), rank, inFeatures), [
          inFeatures,
          rank,
        ]),
        entry(`${name}.lora_B`, transposed(block.subarray(bAt, bAt + colCount * rank), colCount, rank, scaling), [
          rank,
          colCount,
        ]),
      ];
    });
  });
}

function entry(name: string, values: Float32Array<ArrayBuffer>, shape: readonly number[]): TensorEntry {
  return { name, dtype: 'F32', shape, bytes: async () => fromFloat32(values, 'F32') };
}
