// A trainer's state as bytes, for a checkpoint.
// Layout: u32 version, u32 elements, u32 1 where there is a second moment, u32 0, f64 elapsed milliseconds; then
// parameters, first and second moment as f32. Little-endian.
import type { ByteSource } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import type { TrainerState } from './trainer.ts';

const HEADER_BYTES = 24;
const VERSION = 1;

export interface EncodedState {
  readonly sizeBytes: number;
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

export function encodeState({ parameters, first, second }: TrainerState, elapsedMs: number): EncodedState {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint32(0, VERSION, true);
  header.setUint32(4, parameters.length, true);
  header.setUint32(8, second ? 1 : 0, true);
  header.setFloat64(16, elapsedMs, true);
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
  const expected = HEADER_BYTES + elements * 4 * (hasSecond ? 3 : 2);
  if (header.getUint32(0, true) !== VERSION || expected !== source.sizeBytes) throw wrong;
  const read = async (index: number) =>
    new Float32Array((await source.read(HEADER_BYTES + index * elements * 4, elements * 4)).buffer);
  return {
    state: { step, parameters: await read(0), first: await read(1), second: hasSecond ? await read(2) : undefined },
    elapsedMs: header.getFloat64(16, true),
  };
}
