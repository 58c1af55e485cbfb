/**
 * Random access to bytes that may not fit in memory: a dropped file, a cached download, an entry of a zip.
 * Readers in this folder take a ByteSource, so that nothing ever holds a whole shard.
 */
import { FormatError } from './formatError.ts';

/** `read` rejects when the range is not wholly inside the file; the error names the file. */
export interface ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Throws a FormatError unless [offset, offset + length) lies inside a file of `sizeBytes`. */
export function checkRange(name: string, sizeBytes: number, offset: number, length: number): void {
  const isInside =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= sizeBytes;
  if (!isInside) {
    throw new FormatError(
      name,
      `expected bytes ${offset} to ${offset + length}, got a file of ${sizeBytes} bytes; it may be cut short, fetch it again`,
    );
  }
}

/** A File or Blob. Bytes are read when asked for, not before. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    async read(offset, length) {
      checkRange(name, blob.size, offset, length);
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      if (bytes.length !== length) throw new FormatError(name, 'the file changed while it was read; choose it again');
      return bytes;
    },
  };
}

/** Bytes already in memory. A read copies, so the caller may transfer or overwrite what it gets. */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    async read(offset, length) {
      checkRange(name, bytes.length, offset, length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}

/** A window of another source, under its own name. */
export function sliceSource(source: ByteSource, offset: number, sizeBytes: number, name: string): ByteSource {
  checkRange(source.name, source.sizeBytes, offset, sizeBytes);
  return {
    name,
    sizeBytes,
    async read(start, length) {
      checkRange(name, sizeBytes, start, length);
      return source.read(offset + start, length);
    },
  };
}

/** The whole file in pieces of at most `chunkBytes`, in order. */
export async function* readChunks(source: ByteSource, chunkBytes = 4 << 20): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let offset = 0; offset < source.sizeBytes; offset += chunkBytes) {
    yield await source.read(offset, Math.min(chunkBytes, source.sizeBytes - offset));
  }
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** Throws a FormatError for what Git leaves in the place of a large file where it was cloned without Git LFS. */
export async function refuseLfsPointer(source: ByteSource): Promise<void> {
  if (source.sizeBytes < LFS_POINTER.length || source.sizeBytes > 1024) return;
  const start = new TextDecoder('latin1').decode(await source.read(0, LFS_POINTER.length));
  if (start !== LFS_POINTER) return;
  throw new FormatError(source.name, 'is a pointer that Git LFS left in the place of the file; run git lfs pull there');
}

/** The whole file as UTF-8 text. Refuses files over `maxBytes` (default 64 MB) and bytes that are not UTF-8. */
export async function readText(source: ByteSource, maxBytes = 64 << 20): Promise<string> {
  await refuseLfsPointer(source);
  if (source.sizeBytes > maxBytes) {
    throw new FormatError(source.name, `expected at most ${maxBytes} bytes of text, got ${source.sizeBytes}`);
  }
  return decodeUtf8(await source.read(0, source.sizeBytes), source.name);
}

/** UTF-8 to text; a byte-order mark is dropped. Throws a FormatError on malformed bytes. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError(name, 'expected UTF-8 text, got bytes that are not; save the file as UTF-8');
  }
}
