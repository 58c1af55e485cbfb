/**
 * A stream as one Blob. Pieces are handed over to the browser, which may put them on disk, as they come. (A Response
 * would do it too, but hides why the stream failed.)
 */
export async function collectBlob(stream: ReadableStream<Uint8Array>, type: string): Promise<Blob> {
  const parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  const handOver = () => {
    parts.push(new Blob(pending));
    pending = [];
    pendingBytes = 0;
  };
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pending.push(next.value.slice());
    pendingBytes += next.value.length;
    if (pendingBytes >= PART_BYTES) handOver();
  }
  handOver();
  return new Blob(parts, { type });
}

const PART_BYTES = 16 << 20;
