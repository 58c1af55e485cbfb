/**
 * A zip written as a stream, its entries stored as they are: weights do not compress, and nothing is held.
 *
 * `client-zip` does the writing: it streams from async iterables, writes zip64 where an entry or the archive passes
 * 4 GB, and predicts the size. `fflate` streams too, but knows no zip64. Where an archive has more entries than 16 bits
 * count, client-zip writes one that others cannot read.
 */
import { makeZip, predictLength } from 'client-zip';
import { FormatError } from './formatError.ts';
import { type Bytes, exactly } from './pieces.ts';
import { checkEntryNames } from './zipReader.ts';

export interface ZipEntry {
  /** A relative path with forward slashes. */
  name: string;
  sizeBytes: number;
  bytes: () => Bytes;
}

const MAX_ENTRIES = 65_534;

/**
 * The archive's bytes, pulled as they are read; each entry is asked for when its turn comes. Throws a FormatError for
 * names that repeat or leave the folder, and for more than 65,534 entries; the stream errors when an entry's bytes are not as many as it said.
 */
export function zipStream(entries: readonly ZipEntry[], modified: Date = new Date()): ReadableStream<Uint8Array> {
  if (entries.length > MAX_ENTRIES) {
    throw new FormatError(
      'zip',
      `expected at most ${MAX_ENTRIES} files, got ${entries.length}; export fewer at a time`,
    );
  }
  checkEntryNames('zip', entries);
  return makeZip(
    entries.map((entry) => ({
      name: entry.name,
      size: entry.sizeBytes,
      lastModified: modified,
      input: exactly(entry, `zip: ${entry.name}`),
    })),
  );
}

/** The archive's exact size in bytes. @internal */
export function zipSizeBytes(entries: readonly ZipEntry[]): number {
  return Number(predictLength(entries.map(({ name, sizeBytes }) => ({ name, size: sizeBytes }))));
}
