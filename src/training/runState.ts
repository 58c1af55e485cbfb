// A trainer's state as bytes, for a checkpoint.
// Layout: u32 version, u32 elements, u32 1 where there is a second moment, u32 number of stopped adapters, f64 elapsed
// milliseconds; u32 adapter and u32 last step of each stopped one; then parameters, first and second moment as f32.
// Little-endian.
import type { ByteSource } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import type { StoppedAdapter, TrainerState } from './trainerState.ts';

const HEADER_BYTES = 24;
const STOPPED_BYTES = 8;
const VERSION = 1;

export interface EncodedState {
  readonly sizeBytes: number;
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

export function encodeState({ parameters, first, second, stopped }: TrainerState, elapsedMs: number): EncodedState {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES + stopped.length * STOPPED_BYTES));
  header.setUint32(0, VERSION, true);
  header.setUint32(4, parameters.length, true);
  header.setUint32(8, second ? 1 : 0, true);
  header.setUint32(12, stopped.length, true);
  header.setFloat64(16, elapsedMs, true);
  stopped.forEach(({ adapter, step }, i) => {
    header.setUint32(HEADER_BYTES + i * STOPPED_BYTES, adapter, true);
    header.setUint32(HEADER_BYTES + i * STOPPED_BYTES + 4, step, true);
  });
  const arrays = [parameters, first, ...(second ? [second] : [])];
  const bytes = arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const pieces = [new Uint8Array(header.buffer), ...bytes];
  return { sizeBytes: pieces.reduce((sum, piece) => sum + piece.length, 0), pieces };
}

/** Throws a FormatError when the bytes are not such a state. */
export async function decodeState(
  step: number,
  source: ByteSource,
): Promise<{ state: TrainerState; elapsedMs: number }> {
  const wrong = new FormatError(source.name, 'not a state that this version of Rankwise wrote; start the run again');
  if (source.sizeBytes < HEADER_BYTES) throw wrong;
  const header = new DataView((await source.read(0, HEADER_BYTES)).buffer);
  const elements = header.getUint32(4, true);
  const hasSecond = header.getUint32(8, true) === 1;
  const stoppedCount = header.getUint32(12, true);
  const start = HEADER_BYTES + stoppedCount * STOPPED_BYTES;
  const expected = start + elements * 4 * (hasSecond ? 3 : 2);
  if (header.getUint32(0, true) !== VERSION || expected !== source.sizeBytes) throw wrong;
  const read = async (index: number) =>
    new Float32Array((await source.read(start + index * elements * 4, elements * 4)).buffer);
  const words = new DataView((await source.read(HEADER_BYTES, start - HEADER_BYTES)).buffer);
  const stopped = Array.from(
    { length: stoppedCount },
    (_, i): StoppedAdapter => ({
      adapter: words.getUint32(i * STOPPED_BYTES, true),
      step: words.getUint32(i * STOPPED_BYTES + 4, true),
    }),
  );
  const [parameters, first] = [await read(0), await read(1)];
  return {
    state: { step, parameters, first, second: hasSecond ? await read(2) : undefined, stopped },
    elapsedMs: header.getFloat64(16, true),
  };
}
