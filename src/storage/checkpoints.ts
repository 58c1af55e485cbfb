/**
 * A run's state on disk, safe against a tab closed in mid-write.
 *
 * Each checkpoint is a file of its own, with a checksum behind it: one that was cut off does not match, and the one
 * before it stands. Once a new one has been written and read back, all but the last two are removed.
 *
 * Layout: "RWCKPT", u16 version, f64 step, f64 payload bytes, payload, u32 CRC-32 of all before it; little-endian.
 */
import { type ByteSource, readChunks, sliceSource } from '../formats/byteSource.ts';
import { crc32 } from '../formats/crc32.ts';
import type { Folder } from './folder.ts';
import { StorageError, storageError } from './storageError.ts';

const MAGIC = new TextEncoder().encode('RWCKPT');
const HEADER_BYTES = 24;
const FOOTER_BYTES = 4;
const VERSION = 1;
const SUFFIX = '.ckpt';
const KEPT = 2;

/** A state in pieces of any size, made as they are asked for or there already. */
export type Pieces = AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>;

export interface Checkpoint {
  /** Optimizer steps done. */
  step: number;
  state: ByteSource;
}

export interface Checkpoints {
  /**
   * Writes the state after `step` steps, in pieces; resolves once it is safe. Rejects with a StorageError when storage
   * is full, and keeps the checkpoints before it.
   */
  save(step: number, sizeBytes: number, state: Pieces): Promise<void>;
  /** The newest state that is whole, or undefined when there is none. Rejects for one that a newer version wrote. */
  latest(): Promise<Checkpoint | undefined>;
  /** Whether none is there, whole or not. */
  isEmpty(): Promise<boolean>;
  /**
   * Of a run that is over: saves its state and removes those before it, where storage is full before it writes. `state` may
   * be read twice.
   */
  saveLast(step: number, sizeBytes: number, state: readonly Uint8Array<ArrayBuffer>[]): Promise<void>;
  /** Removes every checkpoint. */
  clear(): Promise<void>;
}

/** The checkpoints of one run, in a folder of their own. */
export function openCheckpoints(folder: Folder): Checkpoints {
  async function steps(): Promise<number[]> {
    const names = (await folder.names()).filter((name) => /^\d+\.ckpt$/.test(name));
    return names.map((name) => Number(name.slice(0, -SUFFIX.length))).sort((a, b) => b - a);
  }

  const checkpoints: Checkpoints = {
    async save(step, sizeBytes, state) {
      const name = step + SUFFIX;
      try {
        await write(folder, name, step, sizeBytes, state);
        if ((await readWhole(folder, step)) === undefined)
          throw new StorageError('damaged', `${name} was not kept whole`);
      } catch (error) {
        await folder.remove(name);
        throw storageError(error, `the checkpoint of step ${step}`);
      }
      const older = (await steps()).filter((other) => other !== step);
      // A run resumed from an older step leaves its undone future behind.
      for (const undone of older.filter((other) => other > step)) await folder.remove(undone + SUFFIX);
      for (const old of older.filter((other) => other < step).slice(KEPT - 1)) await folder.remove(old + SUFFIX);
    },
    async latest() {
      for (const step of await steps()) {
        const state = await readWhole(folder, step);
        if (state !== undefined) return { step, state };
      }
      return undefined;
    },
    async isEmpty() {
      return (await steps()).length === 0;
    },
    async saveLast(step, sizeBytes, state) {
      try {
        await checkpoints.save(step, sizeBytes, state);
      } catch (error) {
        if (!(error instanceof StorageError && error.problem === 'full')) throw error;
        await checkpoints.clear();
        await checkpoints.save(step, sizeBytes, state);
      }
      for (const before of (await steps()).slice(1)) await folder.remove(before + SUFFIX);
    },
    async clear() {
      for (const step of await steps()) await folder.remove(step + SUFFIX);
    },
  };
  return checkpoints;
}

function headerOf(step: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  view.setUint16(6, VERSION, true);
  view.setFloat64(8, step, true);
  view.setFloat64(16, sizeBytes, true);
  return header;
}

async function write(folder: Folder, name: string, step: number, sizeBytes: number, state: Pieces): Promise<void> {
  const appender = await folder.append(name);
  try {
    await appender.truncate(0);
    const header = headerOf(step, sizeBytes);
    await appender.write(header);
    let crc = crc32(header);
    for await (const chunk of state) {
      await appender.write(chunk);
      crc = crc32(chunk, crc);
    }
    const written = appender.sizeBytes - HEADER_BYTES;
    if (written !== sizeBytes) throw new RangeError(`checkpoint: expected ${sizeBytes} bytes, got ${written}`);
    const footer = new Uint8Array(FOOTER_BYTES);
    new DataView(footer.buffer).setUint32(0, crc, true);
    await appender.write(footer);
  } finally {
    await appender.close();
  }
}

/** The state in a checkpoint's file, or undefined when the file is cut off or damaged. */
async function readWhole(folder: Folder, step: number): Promise<ByteSource | undefined> {
  const file = await folder.open(step + SUFFIX);
  if (file === undefined || file.sizeBytes < HEADER_BYTES + FOOTER_BYTES) return undefined;
  const header = await file.read(0, HEADER_BYTES);
  const stateBytes = file.sizeBytes - HEADER_BYTES - FOOTER_BYTES;
  const covered = sliceSource(file, 0, HEADER_BYTES + stateBytes, file.name);
  let crc = 0;
  for await (const chunk of readChunks(covered)) crc = crc32(chunk, crc);
  const footer = await file.read(covered.sizeBytes, FOOTER_BYTES);
  if (new DataView(footer.buffer).getUint32(0, true) !== crc) return undefined;
  if (!MAGIC.every((byte, i) => header[i] === byte)) return undefined;
  const version = new DataView(header.buffer).getUint16(6, true);
  if (version !== VERSION) {
    throw new StorageError(
      'damaged',
      `${file.name}: written by another version of Rankwise (${version}); resume it there`,
    );
  }
  const isSame = headerOf(step, stateBytes).every((byte, i) => header[i] === byte);
  return isSame ? sliceSource(file, HEADER_BYTES, stateBytes, `checkpoint of step ${step}`) : undefined;
}
