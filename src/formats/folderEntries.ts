/** Files of a folder that is put together to be written: made of text, or another file's bytes. */
import { type ByteSource, readChunks } from './byteSource.ts';
import { baseName } from './weightFiles.ts';
import type { ZipEntry } from './zipWriter.ts';

export function textEntry(name: string, text: string): ZipEntry {
  const bytes = new TextEncoder().encode(text);
  return { name, sizeBytes: bytes.length, bytes: async () => bytes };
}

/** The file as it is, without the folders before its name. */
export function copiedEntry(file: ByteSource): ZipEntry {
  return { name: baseName(file.name), sizeBytes: file.sizeBytes, bytes: () => readChunks(file) };
}
