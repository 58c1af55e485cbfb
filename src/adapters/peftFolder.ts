// A PEFT LoRA folder and an adapter of ours, in both directions. What the tensors are called and how PEFT chooses modules
// is in formats/peft.ts and peftModules.ts; here the two meet the model.
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
  readAdapterConfig,
  TABLES,
} from '../formats/peft.ts';
import { readSafetensorsHeader, type TensorEntry, type TensorInfo, writeSafetensors } from '../formats/safetensors.ts';
import type { Architecture } from '../model/architecture.ts';
import {
  type AdaptedModule,
  AdapterError,
  type AdapterLayout,
  type AdapterSpec,
  moduleKey,
  trainableParameters,
} from './adapterSet.ts';
import { readGgufAdapter } from './ggufAdapterReader.ts';
import { type ImportedAdapter, parametersOf, specOf } from './importedAdapter.ts';
import { type PeftModule, peftModules, peftTargetName, targetedBy } from './peftModules.ts';
import { partsByPath, stackedParts } from './stackedParts.ts';

/**
 * Reads a PEFT LoRA folder, or a GGUF LoRA adapter, for a model. Throws a FormatError that names the field or tensor: a method other than LoRA,
 * modules that the model lacks or the configuration does not name, shapes that are not the model's, values not f32, f16
 * or bf16.
 */
export async function readAdapter(files: readonly ByteSource[], a: Architecture): Promise<ImportedAdapter> {
  const folder = sortModelFiles(files);
  if (folder.kind === 'gguf') return readGgufAdapter(folder.files, a);
  if (folder.kind === 'model') {
    throw new FormatError(folder.config.name, 'this is a model; expected a PEFT folder with adapter_config.json');
  }
  const { config: configFile, weights } = folder;
  const config = await readAdapterConfig(configFile);
  const known = peftModules(a);
  const isTargeted = targetedBy(config, configFile.name);
  const named = [...known.values()].filter(({ path }) => isTargeted(path));
  if (named.length === 0) {
    const table = TABLES.find((name) => isTargeted(`model.${name}`) || isTargeted(name));
    if (table) throw new FormatError(configFile.name, `target_modules: LoRA on ${table} is not supported`);
    const names = [...new Set([...known.values()].map(({ place }) => peftTargetName(a, place)))].join(', ');
    const field = config.layersToTransform ? 'target_modules and layers_to_transform name' : 'target_modules names';
    const problem = `${field} nothing that this ${a.modelType} model has (${a.layers} layers with ${names})`;
    throw new FormatError(configFile.name, `${problem}; is it an adapter for another model?`);
  }
  const tensors = indexAdapterTensors(await readSafetensorsHeader(weights), config, weights.name);
  for (const [path, factors] of tensors) {
    const module = known.get(path);
    if (!module) {
      const table = TABLES.find((name) => path.split('.').at(-1) === name);
      if (table) throw new FormatError(weights.name, `${factors.a.name}: LoRA on ${table} is not supported`);
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
    parametersFor: (layout) => parametersOf(values, layout, weights.name),
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
  const modules = composedModules(a, layout, block);
  const config = configOf(a, layout.spec, modules, info);
  const entries = entriesOf(modules);
  const card = adapterCard({ ...info, config, trainedParameters: trainableParameters(layout) });
  const text = (content: string) => new TextEncoder().encode(content);
  return [
    { name: 'adapter_config.json', bytes: text(formatAdapterConfig(config)) },
    { name: 'adapter_model.safetensors', bytes: await safetensorsFile(entries) },
    { name: 'README.md', bytes: text(card) },
  ];
}

/**
 * A and B of every module under PEFT's names, as `writeAdapter` writes them. `block`: `layout.count` numbers that lie as the
 * parameters do: the parameters themselves, or their moments.
 */
export function adapterTensors(a: Architecture, layout: AdapterLayout, block: Float32Array): TensorEntry[] {
  return entriesOf(composedModules(a, layout, block));
}

function composedModules(a: Architecture, layout: AdapterLayout, block: Float32Array): ComposedModule[] {
  return partsByPath(layout).map((parts) => compose(a, layout, parts, block));
}

function entriesOf(modules: readonly ComposedModule[]): TensorEntry[] {
  return modules.flatMap(({ path, rank, a: down, b: up }): TensorEntry[] => [
    floats(formatAdapterKey({ modulePath: path, factor: 'A' }), [rank, down.length / rank], down),
    floats(formatAdapterKey({ modulePath: path, factor: 'B' }), [up.length / rank, rank], up),
  ]);
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

/** The adapter's matrices on one module of the base model, as PEFT has them. */
function compose(
  a: Architecture,
  layout: AdapterLayout,
  parts: readonly AdaptedModule[],
  block: Float32Array,
): ComposedModule {
  const [first] = parts;
  if (!first) throw new RangeError('compose: expected at least one matrix');
  const { path, place, layer } = first;
  const { spec } = layout;
  const { alpha } = spec.overrides?.get(moduleKey(layer, place.target)) ?? spec;
  if (parts.some(({ scaling }) => scaling !== first.scaling)) {
    throw new AdapterError(`${path}: PEFT has one scaling for its parts together; these have different ones.`);
  }
  const { rank, down, up } = stackedParts(a, layout, parts, block);
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
