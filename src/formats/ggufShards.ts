/** Which GGUF files belong together: one alone, or the shards `NAME-00001-of-0000N.gguf` of one. */
import { FormatError } from './formatError.ts';
import { baseName, type NamedFile } from './weightFiles.ts';

const SHARD = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;

export function isGguf(name: string): boolean {
  return /\.gguf$/i.test(name);
}

/** The file's name without what all GGUF files of a split model, or all GGUF files, end in. */
export function ggufStem({ name }: NamedFile): string {
  return baseName(name).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
}

/** Whether both are shards of one model, by their names. */
export function areShardsOfOne(a: NamedFile, b: NamedFile): boolean {
  const [, stemA, , countA] = SHARD.exec(a.name) ?? [];
  const [, stemB, , countB] = SHARD.exec(b.name) ?? [];
  return stemA !== undefined && stemA === stemB && countA === countB;
}

/**
 * The files of one model, in order. Vision parts (`mmproj…`) are left out. Throws a FormatError where shards are missing,
 * naming them, or where there are several models.
 */
export function ggufShards<T extends NamedFile>(files: readonly T[]): T[] {
  const models = files.filter((file) => isGguf(file.name) && !baseName(file.name).startsWith('mmproj'));
  const [first, ...others] = models;
  if (first === undefined) return [];
  const [, stem, , count] = SHARD.exec(baseName(first.name)) ?? [];
  if (stem === undefined || count === undefined) {
    if (others.length === 0) return models;
    throw severalModels(models);
  }
  const byName = new Map(models.map((file) => [baseName(file.name), file]));
  const names = Array.from(
    { length: Number(count) },
    (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${count}.gguf`,
  );
  const missing = names.filter((name) => !byName.has(name));
  if (missing.length > 0) {
    const named = missing.length > 8 ? [...missing.slice(0, 8), '…'] : missing;
    throw new FormatError(
      named.join(', '),
      `missing, though ${baseName(first.name)} asks for it; give all ${names.length} files`,
    );
  }
  if (models.length > names.length) throw severalModels(models);
  return names.map((name) => byName.get(name)).filter((file) => file !== undefined);
}

function severalModels(models: readonly NamedFile[]): FormatError {
  const names = models.map(({ name }) => baseName(name));
  const shown = names.length > 8 ? [...names.slice(0, 8), '…'] : names;
  return new FormatError(names[0] ?? 'model.gguf', `of ${shown.join(', ')} choose one and leave the others out`);
}
