/** A file's bytes on their way out: made while they are read, or there at once. */
export type Bytes = AsyncIterable<Uint8Array> | Promise<Uint8Array>;

export async function* piecesOf(bytes: Bytes): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in bytes) yield* bytes;
  else yield await bytes;
}

interface SizedBytes {
  readonly sizeBytes: number;
  /** Called when the first piece is asked for. */
  readonly bytes: () => Bytes;
}

/** Throws a TypeError that names `what` where there are more bytes, or fewer, than were said; none too many is handed on. */
export async function* exactly({ sizeBytes, bytes }: SizedBytes, what: string): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const piece of piecesOf(bytes())) {
    doneBytes += piece.length;
    if (doneBytes > sizeBytes) break;
    yield piece;
  }
  if (doneBytes !== sizeBytes) throw new TypeError(`${what}: expected ${sizeBytes} bytes, got ${doneBytes}`);
}
