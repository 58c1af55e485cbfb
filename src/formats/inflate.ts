/**
 * A deflated run of bytes as a byte source: inflated whole at the first read, by the platform's own DecompressionStream,
 * never past the size it declared, and checked against its CRC-32 (IEEE 802.3, as zip has it).
 */
import { type ByteSource, bytesSource, readChunks } from './byteSource.ts';
import { crc32 } from './crc32.ts';
import { FormatError } from './formatError.ts';

/** `packed` is a raw deflate stream; reading it to the end gives `sizeBytes` bytes with the checksum `crc`. */
export function inflatedSource(packed: ByteSource, sizeBytes: number, crc: number): ByteSource {
  let inflated: Promise<ByteSource> | undefined;
  return {
    name: packed.name,
    sizeBytes,
    async read(offset, length) {
      inflated ??= inflate(packed, sizeBytes, crc);
      return (await inflated).read(offset, length);
    },
  };
}

async function inflate(packed: ByteSource, sizeBytes: number, crc: number): Promise<ByteSource> {
  const damaged = (problem: string) =>
    new FormatError(packed.name, `${problem}; it is damaged, fetch the archive again`);
  const chunks = readChunks(packed);
  const deflated = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const reader = deflated.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const bytes = new Uint8Array(sizeBytes);
  let filled = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (filled + next.value.length > sizeBytes) throw damaged(`unpacks to more than ${sizeBytes} bytes`);
      bytes.set(next.value, filled);
      filled += next.value.length;
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error instanceof FormatError ? error : damaged('cannot be unpacked');
  }
  if (filled !== sizeBytes) throw damaged(`expected ${sizeBytes} bytes, got ${filled}`);
  if (crc32(bytes) !== crc) throw damaged('its checksum does not match');
  return bytesSource(bytes, packed.name);
}
