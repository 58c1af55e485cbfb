/**
 * One index over a model's weights, whether they lie in one safetensors file or in shards, and the plan for writing
 * them back in shards. Nothing here reads tensor data.
 * Layout of the index file: transformers, `model.safetensors.index.json`.
 */
import type { StoredType } from './blockTypes.ts';
import type { ByteSource } from './byteSource.ts';
import { readText } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { compareCodePoints, isJsonObject, parseJsonObject } from './json.ts';
import { planSafetensors, readSafetensorsHeader, type TensorShape } from './safetensors.ts';

export const WEIGHTS_NAME = 'model.safetensors';
export const WEIGHTS_INDEX_NAME = 'model.safetensors.index.json';
const SHARD_NAME = /^(.+)-(\d{5})-of-(\d{5})\.safetensors$/;

/** `shape` is row-major: [rows, columns]. `offset` counts from the start of the tensor's source. */
export interface StoredInfo {
  name: string;
  dtype: StoredType;
  shape: readonly number[];
  offset: number;
  sizeBytes: number;
}

export interface WeightTensor {
  source: ByteSource;
  info: StoredInfo;
  /** The matrix is [out, in] although its family stores [in, out] (GPT-2 in a GGUF file). */
  isOutIn?: true;
}

export interface WeightFiles {
  tensors: Map<string, WeightTensor>;
  /** From a GGUF file, whose matrices have a type each. */
  isGguf?: true;
}

export interface NamedFile {
  /** A path with forward slashes. */
  readonly name: string;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether it is what macOS keeps beside a file: in zips under `__MACOSX/`, on disks of other systems as `._name`. */
export function isAppleDouble(path: string): boolean {
  return path.startsWith('__MACOSX/') || baseName(path).startsWith('._');
}

/** Of the files of a folder those of its weights. Mistral's own copy of them is left out beside transformers'. */
export function weightNames(names: readonly string[]): string[] {
  const all = names.filter((name) => name.endsWith('.safetensors') && !name.startsWith('adapter_'));
  const usual = all.filter((name) => !name.startsWith('consolidated'));
  return usual.length > 0 ? usual : all;
}

/**
 * Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names, or a complete set of shards
 * without an index, or the only safetensors file there is. Throws a FormatError that says which file is missing, which
 * shard lacks which tensor, or which name two files hold.
 */
export async function openWeightFiles(files: readonly ByteSource[]): Promise<WeightFiles> {
  const byName = new Map<string, ByteSource>();
  for (const file of files) {
    const name = baseName(file.name);
    if (byName.has(name)) throw new FormatError(file.name, 'two files have this name; keep the one to be used');
    byName.set(name, file);
  }
  const whole = byName.get(WEIGHTS_NAME);
  if (whole !== undefined) return { tensors: await indexOf([whole]) };
  const index = byName.get(WEIGHTS_INDEX_NAME);
  if (index !== undefined) return { tensors: await openIndexed(index, byName) };
  return { tensors: await indexOf(chooseWithoutIndex(byName)) };
}

function chooseWithoutIndex(byName: ReadonlyMap<string, ByteSource>): ByteSource[] {
  const names = weightNames([...byName.keys()]);
  const [first] = names;
  if (first === undefined) {
    throw new FormatError(WEIGHTS_NAME, `missing; got ${[...byName.keys()].join(', ') || 'no files'}`);
  }
  const [, stem, , count] = SHARD_NAME.exec(first) ?? [];
  if (stem !== undefined && count !== undefined) {
    const shards = Array.from({ length: Number(count) }, (_, i) => shardName(i + 1, Number(count), stem));
    requireAll(shards, byName, first);
    names.splice(0, names.length, ...shards);
  } else if (names.length > 1) {
    throw new FormatError(WEIGHTS_NAME, `missing; of ${names.join(', ')} choose one and leave the others out`);
  }
  return names.map((name) => byName.get(name)).filter((file) => file !== undefined);
}

function requireAll(shards: Iterable<string>, byName: ReadonlyMap<string, ByteSource>, namedBy: string): void {
  const missing = [...new Set(shards)].filter((shard) => !byName.has(shard)).sort();
  if (missing.length === 0) return;
  throw new FormatError(missing.join(', '), `missing, though ${namedBy} asks for it; add it from where the model came`);
}

async function openIndexed(index: ByteSource, byName: ReadonlyMap<string, ByteSource>) {
  const { weight_map: weightMap } = parseJsonObject(await readText(index), index.name);
  if (!isJsonObject(weightMap)) throw new FormatError(index.name, 'expected weight_map to be an object');
  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string' || shard.includes('/')) {
      throw new FormatError(
        index.name,
        `expected the shard of ${tensor} to be a file name, got ${JSON.stringify(shard)}`,
      );
    }
    shardOf.set(tensor, shard);
  }
  requireAll(shardOf.values(), byName, WEIGHTS_INDEX_NAME);
  const shards = [...new Set(shardOf.values())].sort();
  const files = shards.map((name) => byName.get(name)).filter((file) => file !== undefined);
  const tensors = await indexOf(files, shardOf);
  for (const [name, shard] of shardOf) {
    if (tensors.has(name)) continue;
    throw new FormatError(shard, `lacks the tensor ${name} that ${WEIGHTS_INDEX_NAME} says it holds; fetch it again`);
  }
  return tensors;
}

/** `shardOf`: which file a tensor is taken from, where several have it. */
async function indexOf(
  files: readonly ByteSource[],
  shardOf?: ReadonlyMap<string, string>,
): Promise<Map<string, WeightTensor>> {
  const tensors = new Map<string, WeightTensor>();
  for (const source of files) {
    const header = await readSafetensorsHeader(source);
    for (const [name, info] of header.tensors) {
      if ((shardOf?.get(name) ?? baseName(source.name)) !== baseName(source.name)) continue;
      const other = tensors.get(name);
      if (other !== undefined)
        throw new FormatError(source.name, `holds the tensor ${name}, as ${other.source.name} does`);
      tensors.set(name, { source, info });
    }
  }
  return tensors;
}

function shardName(number: number, count: number, stem = 'model'): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return `${stem}-${digits(number)}-of-${digits(count)}.safetensors`;
}

export interface ShardPlan<T extends TensorShape> {
  shards: { name: string; entries: T[]; sizeBytes: number }[];
  /** The text of `model.safetensors.index.json`; undefined when there is one file only. */
  indexJson: string | undefined;
}

/**
 * Splits tensors, in the order given, into files of at most `maxShardBytes` of data (default 2 GB); a tensor larger
 * than that has a file to itself. One file is `model.safetensors` without an index.
 */
export function planShards<T extends TensorShape>(entries: readonly T[], maxShardBytes = 2_000_000_000): ShardPlan<T> {
  const sizes = new Map(planSafetensors(entries).entries.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const groups: T[][] = [[]];
  let groupBytes = 0;
  let totalBytes = 0;
  for (const entry of entries) {
    const sizeBytes = sizes.get(entry.name) ?? 0;
    if (groupBytes > 0 && groupBytes + sizeBytes > maxShardBytes) {
      groups.push([]);
      groupBytes = 0;
    }
    groups.at(-1)?.push(entry);
    groupBytes += sizeBytes;
    totalBytes += sizeBytes;
  }
  const shards = groups.map((group, i) => ({
    name: groups.length === 1 ? WEIGHTS_NAME : shardName(i + 1, groups.length),
    entries: group,
    sizeBytes: planSafetensors(group).sizeBytes,
  }));
  if (shards.length === 1) return { shards, indexJson: undefined };
  const weightMap = shards.flatMap((shard) => shard.entries.map(({ name }) => [name, shard.name] as const));
  const sorted = Object.fromEntries(weightMap.sort(([a], [b]) => compareCodePoints(a, b)));
  const index = { metadata: { total_size: totalBytes }, weight_map: sorted };
  return { shards, indexJson: `${JSON.stringify(index, null, 2)}\n` };
}

export interface TypeShare {
  type: string;
  tensors: number;
  sizeBytes: number;
}

/** How much of the weights is stored as what, the largest share first. */
export function typeShares({ tensors }: WeightFiles): TypeShare[] {
  const shares = new Map<string, TypeShare>();
  for (const { info } of tensors.values()) {
    const share = shares.get(info.dtype) ?? { type: info.dtype, tensors: 0, sizeBytes: 0 };
    share.tensors++;
    share.sizeBytes += info.sizeBytes;
    shares.set(info.dtype, share);
  }
  return [...shares.values()].sort((a, b) => b.sizeBytes - a.sizeBytes);
}
