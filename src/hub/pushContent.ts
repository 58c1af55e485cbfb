/**
 * A file's content as the Hub names it: SHA-256 for what goes to the object store, read piece by piece, and git's blob id
 * for what is written into the commit.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type Bytes, exactly } from '../formats/pieces.ts';

/** A file to push. Its bytes are asked for two or three times: to look at, to hash, to send. */
export interface PushFile {
  /** In the repository, with forward slashes. */
  name: string;
  sizeBytes: number;
  bytes: () => Bytes;
  /** The same bytes where they lie in a file already, so that they need not be gathered. */
  blob?: () => Promise<Blob>;
}

/** Throws TypeError when its bytes are not as many as it said. */
const piecesOf = (file: PushFile) => exactly(file, `push: ${file.name}`);

/** The first bytes, by which the Hub tells text from binary. */
export async function sampleOf(file: PushFile): Promise<Uint8Array> {
  const wanted = Math.min(SAMPLE_BYTES, file.sizeBytes);
  const sample = new Uint8Array(wanted);
  let done = 0;
  if (wanted > 0) {
    for await (const piece of piecesOf(file)) {
      const part = piece.subarray(0, wanted - done);
      sample.set(part, done);
      done += part.length;
      if (done === wanted) break;
    }
  }
  return sample;
}

const SAMPLE_BYTES = 512;

/** In hexadecimal. `onBytes` hears of every piece. */
export async function sha256Of(
  file: PushFile,
  onBytes: (sizeBytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = sha256.create();
  for await (const piece of piecesOf(file)) {
    signal?.throwIfAborted();
    hash.update(piece);
    onBytes(piece.length);
  }
  return bytesToHex(hash.digest());
}

/** For small files only. */
export async function wholeOf(file: PushFile): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(file.sizeBytes);
  let done = 0;
  for await (const piece of piecesOf(file)) {
    whole.set(piece, done);
    done += piece.length;
  }
  return whole;
}

/** Git's id of a blob: SHA-1 over a short header and the content. Source: Pro Git, "Git Objects". */
export async function gitBlobId(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const header = new TextEncoder().encode(`blob ${content.length}\0`);
  const object = await new Blob([header, content]).arrayBuffer();
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-1', object)));
}

/** The file as one Blob; pieces are handed over as they come, to where a browser may put them on disk. */
export async function blobOf(file: PushFile): Promise<Blob> {
  if (file.blob) return file.blob();
  const parts: Blob[] = [];
  for await (const part of partsOf(file, HAND_OVER_BYTES)) parts.push(part);
  return new Blob(parts);
}

const HAND_OVER_BYTES = 16 << 20;

/** The file in parts of `partBytes`, the last one shorter. One is held at a time. */
export async function* partsOf(file: PushFile, partBytes: number): AsyncGenerator<Blob> {
  if (file.blob) {
    const blob = await file.blob();
    for (let start = 0; start < blob.size; start += partBytes) yield blob.slice(start, start + partBytes);
    return;
  }
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  for await (const piece of piecesOf(file)) {
    for (let start = 0; start < piece.length; ) {
      const part = piece.slice(start, start + partBytes - pendingBytes);
      pending.push(part);
      pendingBytes += part.length;
      start += part.length;
      if (pendingBytes < partBytes) continue;
      yield new Blob(pending);
      pending = [];
      pendingBytes = 0;
    }
  }
  if (pendingBytes > 0) yield new Blob(pending);
}

export function base64(bytes: Uint8Array): string {
  // As many at a time as make whole groups of three, and fewer than an argument list may hold.
  const step = 0x6000;
  let text = '';
  for (let start = 0; start < bytes.length; start += step) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + step)));
  }
  return text;
}
