// A PEFT LoRA folder and an adapter of ours, in both directions. What the tensors are called and how PEFT chooses modules
// is in formats/peft.ts and peftModules.ts; here the two meet the model.
//
// GPT-2's q, k and v adapted one by one have no name in PEFT, which sees c_attn whole: n parts of rank r leave as one
// adapter of rank n·r, A the parts' A stacked and B their B placed in blocks, whose product is exactly their updates.
import type { AdapterCardInfo } from '../formats/adapterCard.ts';
import { adapterCard } from '../formats/adapterCard.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import { fromFloat32, isFloatDtype, toFloat32 } from '../formats/dtypes.ts';
import { FormatError } from '../formats/formatError.ts';
import { sortModelFiles } from '../formats/modelFolder.ts';
import {
  type AdapterConfig,
  type AdapterModule,
  formatAdapterConfig,
  formatAdapterKey,
  indexAdapterTensors,
  moduleScaling,
  readAdapterConfig,
} from '../formats/peft.ts';
import { readSafetensorsHeader, type TensorEntry, type TensorInfo, writeSafetensors } from '../formats/safetensors.ts';
import type { Architecture } from '../model/architecture.ts';
import { linearShape } from '../model/linears.ts';
import { TARGETS } from '../model/targets.ts';
import {
  type AdaptedModule,
  AdapterError,
  type AdapterLayout,
  type AdapterSpec,
  moduleKey,
  trainableParameters,
} from './adapterSet.ts';
import { type PeftModule, peftModules, peftTargetName, targetedBy } from './peftModules.ts';

export interface ImportedAdapter {
  readonly config: AdapterConfig;
  readonly spec: AdapterSpec;
  /**
   * A and B of every module as a block of `layout.count` elements, which belongs at `layout.start` of the flat
   * parameters. `layout` is that of `spec` on the same model.
   */
  parametersFor(layout: AdapterLayout): Float32Array<ArrayBuffer>;
}

/**
 * Reads a PEFT LoRA folder for a model. Throws a FormatError that names the field or tensor: a method other than LoRA,
 * modules that the model lacks or the configuration does not name, shapes that are not the model's, values not f32, f16
 * or bf16.
 */
export async function readAdapter(files: readonly ByteSource[], a: Architecture): Promise<ImportedAdapter> {
  const folder = sortModelFiles(files);
  if (folder.kind !== 'adapter') {
    const name = folder.kind === 'gguf' ? folder.files[0]?.name : folder.config.name;
    throw new FormatError(
      name ?? 'adapter_config.json',
      'this is a model; expected a PEFT folder with adapter_config.json',
    );
  }
  const { config: configFile, weights } = folder;
  const config = await readAdapterConfig(configFile);
  const known = peftModules(a);
  const isTargeted = targetedBy(config, configFile.name);
  const named = [...known.values()].filter(({ path }) => isTargeted(path));
  if (named.length === 0) {
    const names = [...new Set([...known.values()].map(({ place }) => peftTargetName(a, place)))].join(', ');
    const field = config.layersToTransform ? 'target_modules and layers_to_transform name' : 'target_modules names';
    const problem = `${field} nothing that this ${a.modelType} model has (${a.layers} layers with ${names})`;
    throw new FormatError(configFile.name, `${problem}; is it an adapter for another model?`);
  }
  const tensors = indexAdapterTensors(await readSafetensorsHeader(weights), config, weights.name);
  for (const [path, factors] of tensors) {
    const module = known.get(path);
    if (!module) {
      const problem = `${factors.a.name}: this ${a.modelType} model of ${a.layers} layers has no adaptable ${path}`;
      throw new FormatError(weights.name, `${problem}; is it an adapter for another model?`);
    }
    if (!isTargeted(path)) {
      throw new FormatError(weights.name, `${factors.a.name}: adapter_config.json does not name this module`);
    }
    checkFactors(module, factors, a, weights.name);
  }
  const missing = named.find(({ path }) => !tensors.has(path));
  if (missing) {
    throw new FormatError(
      weights.name,
      `has no lora_A and lora_B for ${missing.path}, which adapter_config.json names`,
    );
  }
  const values = new Map<string, Record<'a' | 'b', Float32Array>>();
  for (const [path, factors] of tensors) {
    values.set(path, { a: await readFloats(weights, factors.a), b: await readFloats(weights, factors.b) });
  }
  return {
    config,
    spec: specOf(config, named, a),
    parametersFor(layout) {
      const block = new Float32Array(layout.count);
      for (const { path, aStart, bStart } of layout.modules) {
        const factors = values.get(path);
        if (!factors) throw new AdapterError(`${weights.name} has no tensors for ${path}.`);
        block.set(factors.a, aStart - layout.start);
        block.set(factors.b, bStart - layout.start);
      }
      return block;
    },
  };
}

function checkFactors(
  { place }: PeftModule,
  { rank, a, b }: AdapterModule,
  model: Architecture,
  fileName: string,
): void {
  const expected: [TensorInfo, number[]][] = [
    [a, [rank, place.inFeatures]],
    [b, [place.colCount, rank]],
  ];
  for (const [info, shape] of expected) {
    if (info.shape.join() !== shape.join()) {
      const got = `expected [${shape.join(', ')}] for this ${model.modelType} model, got [${info.shape.join(', ')}]`;
      throw new FormatError(fileName, `${info.name}: ${got}; is it an adapter for another model?`);
    }
    if (!isFloatDtype(info.dtype)) {
      throw new FormatError(fileName, `${info.name}: stored as ${info.dtype}; F32, F16 and BF16 can be read`);
    }
  }
}

async function readFloats(source: ByteSource, info: TensorInfo): Promise<Float32Array<ArrayBuffer>> {
  if (!isFloatDtype(info.dtype)) throw new FormatError(source.name, `${info.name}: stored as ${info.dtype}`);
  return toFloat32(await source.read(info.offset, info.sizeBytes), info.dtype);
}

function specOf(config: AdapterConfig, named: readonly PeftModule[], a: Architecture): AdapterSpec {
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

export interface AdapterFile {
  readonly name: 'adapter_config.json' | 'adapter_model.safetensors' | 'README.md';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** For the model card and adapter_config.json's `base_model_name_or_path` and `revision`. */
export interface ExportInfo extends Omit<AdapterCardInfo, 'config' | 'trainedParameters'> {
  readonly revision?: string;
}

/** A module as PEFT will see it. */
interface ComposedModule {
  readonly path: string;
  readonly name: string;
  readonly rank: number;
  readonly alpha: number;
  /** [rank, in] */
  readonly a: Float32Array<ArrayBuffer>;
  /** [out, rank] */
  readonly b: Float32Array<ArrayBuffer>;
}

/**
 * The files of a PEFT folder. `block`: this adapter's parameters, `layout.count` elements, which start at
 * `layout.start` of the flat ones.
 */
export async function writeAdapter(
  a: Architecture,
  layout: AdapterLayout,
  block: Float32Array,
  info: ExportInfo,
): Promise<AdapterFile[]> {
  if (block.length !== layout.count) {
    throw new RangeError(`writeAdapter: expected ${layout.count} parameters, got ${block.length}`);
  }
  const paths = [...new Set(layout.modules.map(({ path }) => path))];
  const modules = paths.map((path) =>
    compose(
      a,
      layout,
      layout.modules.filter((module) => module.path === path),
      block,
    ),
  );
  const config = configOf(a, layout.spec, modules, info);
  const entries = modules.flatMap(({ path, rank, a: down, b: up }): TensorEntry[] => [
    floats(formatAdapterKey({ modulePath: path, factor: 'A' }), [rank, down.length / rank], down),
    floats(formatAdapterKey({ modulePath: path, factor: 'B' }), [up.length / rank, rank], up),
  ]);
  const card = adapterCard({ ...info, config, trainedParameters: trainableParameters(layout) });
  const text = (content: string) => new TextEncoder().encode(content);
  return [
    { name: 'adapter_config.json', bytes: text(formatAdapterConfig(config)) },
    { name: 'adapter_model.safetensors', bytes: await safetensorsFile(entries) },
    { name: 'README.md', bytes: text(card) },
  ];
}

function floats(name: string, shape: number[], values: Float32Array<ArrayBuffer>): TensorEntry {
  return { name, dtype: 'F32', shape, bytes: async () => fromFloat32(values, 'F32') };
}

async function safetensorsFile(entries: readonly TensorEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const sizeBytes = await writeSafetensors(entries, async (chunk) => void chunks.push(chunk));
  const file = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

/** The adapter's matrices on one module of the base model: one that covers it, or parts of it (GPT-2's q, k, v). */
function compose(
  a: Architecture,
  { spec, start }: AdapterLayout,
  parts: readonly AdaptedModule[],
  block: Float32Array,
): ComposedModule {
  const [first] = parts;
  if (!first) throw new RangeError('compose: expected at least one matrix');
  const { path, place, layer } = first;
  const { inFeatures } = place;
  const isSplit = a.isConv1D && (place.target === 'q' || place.target === 'k' || place.target === 'v');
  const outFeatures = isSplit ? linearShape(a, place.linear).cols : place.colCount;
  const rank = parts.reduce((sum, part) => sum + part.rank, 0);
  const { alpha } = spec.overrides?.get(moduleKey(layer, place.target)) ?? spec;
  if (parts.some(({ scaling }) => scaling !== first.scaling)) {
    throw new AdapterError(`${path}: PEFT has one scaling for its parts together; these have different ones.`);
  }
  const down = new Float32Array(rank * inFeatures);
  const up = new Float32Array(outFeatures * rank);
  let rankStart = 0;
  for (const part of parts) {
    const colStart = isSplit ? part.place.colStart : 0;
    const [aStart, bStart] = [part.aStart - start, part.bStart - start];
    down.set(block.subarray(aStart, aStart + part.rank * inFeatures), rankStart * inFeatures);
    for (let col = 0; col < part.place.colCount; col++) {
      const row = block.subarray(bStart + col * part.rank, bStart + (col + 1) * part.rank);
      up.set(row, (colStart + col) * rank + rankStart);
    }
    rankStart += part.rank;
  }
  const growth = rank / first.rank;
  const composedAlpha = alpha * (spec.useRslora ? Math.sqrt(growth) : growth);
  return { path, name: peftTargetName(a, place), rank, alpha: composedAlpha, a: down, b: up };
}

function configOf(
  a: Architecture,
  spec: AdapterSpec,
  modules: readonly ComposedModule[],
  info: ExportInfo,
): AdapterConfig {
  const usual = modules.find(({ rank, alpha }) => rank === spec.rank && alpha === spec.alpha) ?? modules[0];
  if (!usual) throw new AdapterError('This adapter has no matrices to write.');
  const layers = spec.layerList ?? (spec.layers && range(...spec.layers)) ?? null;
  const names = modules.map(({ name, path }) => (spec.modules ? path : name));
  return {
    baseModel: info.baseModel,
    revision: info.revision ?? null,
    taskType: 'CAUSAL_LM',
    rank: usual.rank,
    alpha: usual.alpha,
    dropout: spec.dropout,
    targetModules: [...new Set(names)].sort(),
    fanInFanOut: a.isConv1D,
    useRslora: spec.useRslora,
    layersToTransform: layers && !spec.modules ? [...layers] : null,
    layersPattern: null,
    rankPattern: patternsOf(modules, usual.rank, ({ rank }) => rank),
    alphaPattern: patternsOf(modules, usual.alpha, ({ alpha }) => alpha),
  };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Values that differ from the usual one: by a module's name where all of that name agree, else by path. */
function patternsOf(
  modules: readonly ComposedModule[],
  usual: number,
  pick: (module: ComposedModule) => number,
): Record<string, number> {
  const patterns: Record<string, number> = {};
  for (const module of modules) {
    const value = pick(module);
    const isShared = modules.every((other) => other.name !== module.name || pick(other) === value);
    if (value !== usual) patterns[isShared ? module.name : module.path] = value;
  }
  return patterns;
}
