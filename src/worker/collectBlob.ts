import { bytesText } from '../training/bytesText.ts';
import { WorkerError } from './failure.ts';

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
  const whole = new Blob(parts, { type });
  await checkKept(whole);
  return whole;
}

/** A browser without room for its bytes makes a Blob all the same, and says so only when it is read. */
async function checkKept(blob: Blob): Promise<void> {
  try {
    await blob.slice(-1).arrayBuffer();
  } catch {
    throw new WorkerError(
      `The browser has no room to hold ${bytesText(blob.size)} for a download. Free some disk space, close private windows, or write into a folder that you pick.`,
    );
  }
}

const PART_BYTES = 16 << 20;
