/**
 * Reads a GGUF header front to back, a chunk at a time: numbers, strings and typed values. Every length is held against
 * what is left of the file before anything is allocated for it.
 * Source: ggml, `docs/gguf.md`.
 */
import type { ByteSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';

type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** 64-bit integers are numbers too, rounded past 2^53; flags in a list are 0 and 1. */
export type GgufValue = number | boolean | string | readonly string[] | Numbers;

/** A header past this is no header: vocabularies of 256k tokens take some 20 MB. */
const MAX_HEADER_BYTES = 128 << 20;
const MAX_STRING_BYTES = 16 << 20;
const FIRST_CHUNK_BYTES = 64 << 10;
const CHUNK_BYTES = 1 << 20;

const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const ARRAY = 9;

export class GgufCursor {
  /** Absolute position of the next byte. */
  position = 0;
  readonly source: ByteSource;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** Absolute position of #bytes[0]. */
  #start = 0;
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(source: ByteSource) {
    this.source = source;
  }

  fail(problem: string): FormatError {
    return new FormatError(this.source.name, problem);
  }

  get leftBytes(): number {
    return this.source.sizeBytes - this.position;
  }

  /** Throws where fewer than `count` items of at least `itemBytes` can follow. */
  expect(count: number, itemBytes: number, what: string): void {
    const bytes = count * itemBytes;
    if (bytes <= this.leftBytes && this.position + bytes <= MAX_HEADER_BYTES) return;
    const room = Math.min(this.leftBytes, MAX_HEADER_BYTES - this.position);
    throw this.fail(
      `${what}: expected ${count} of at least ${itemBytes} bytes, but ${room} can follow; fetch it again`,
    );
  }

  /** Makes the next `count` bytes readable without waiting. */
  async fill(count: number, what: string): Promise<void> {
    if (this.#start + this.#bytes.length - this.position >= count) return;
    this.expect(count, 1, what);
    const wanted = this.position === 0 ? FIRST_CHUNK_BYTES : CHUNK_BYTES;
    this.#bytes = await this.source.read(this.position, Math.min(this.leftBytes, Math.max(count, wanted)));
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#start = this.position;
  }

  #take(count: number): number {
    const at = this.position - this.#start;
    this.position += count;
    return at;
  }

  async u32(what: string): Promise<number> {
    await this.fill(4, what);
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A size or an offset. Throws past 2^53. */
  async size(what: string): Promise<number> {
    await this.fill(8, what);
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.fail(`${what}: ${value} is out of range; fetch it again`);
    return Number(value);
  }

  async string(what: string, maxBytes = MAX_STRING_BYTES): Promise<string> {
    const length = await this.size(`the length of ${what}`);
    if (length > maxBytes) throw this.fail(`${what}: expected at most ${maxBytes} bytes of text, got ${length}`);
    await this.fill(length, what);
    const at = this.#take(length);
    return this.#decode(this.#bytes.subarray(at, at + length), what);
  }

  #decode(bytes: Uint8Array, what: string): string {
    try {
      return this.#text.decode(bytes);
    } catch {
      throw this.fail(`${what}: expected UTF-8 text, got bytes that are not; fetch it again`);
    }
  }

  /** The value of the metadata key `what`, by the number of its type. */
  async value(type: number, what: string): Promise<GgufValue> {
    if (type === STRING) return this.string(what);
    if (type === ARRAY) return this.#list(what);
    const bytes = SCALAR_BYTES[type];
    if (bytes === undefined) throw this.fail(`${what}: unknown value type ${type}; fetch the file again`);
    await this.fill(bytes, what);
    return this.#scalar(type, this.#take(bytes), what);
  }

  #scalar(type: number, at: number, what: string): number | boolean {
    switch (type) {
      case 0:
        return this.#view.getUint8(at);
      case 1:
        return this.#view.getInt8(at);
      case 2:
        return this.#view.getUint16(at, true);
      case 3:
        return this.#view.getInt16(at, true);
      case 4:
        return this.#view.getUint32(at, true);
      case 5:
        return this.#view.getInt32(at, true);
      case 6:
        return this.#view.getFloat32(at, true);
      case 10:
        return Number(this.#view.getBigUint64(at, true));
      case 11:
        return Number(this.#view.getBigInt64(at, true));
      case 12:
        return this.#view.getFloat64(at, true);
      default: {
        const flag = this.#view.getUint8(at);
        if (flag > 1) throw this.fail(`${what}: expected a flag of 0 or 1, got ${flag}; fetch it again`);
        return flag === 1;
      }
    }
  }

  async #list(what: string): Promise<GgufValue> {
    const type = await this.u32(what);
    const count = await this.size(what);
    const bytes = SCALAR_BYTES[type];
    if (bytes !== undefined) {
      this.expect(count, bytes, what);
      await this.fill(count * bytes, what);
      const at = this.#take(count * bytes);
      return numbersOf(type, this.#bytes.slice(at, at + count * bytes));
    }
    // ggml reads no lists of lists either.
    if (type !== STRING) throw this.fail(`${what}: a list of values of type ${type} is not read; fetch the file again`);
    this.expect(count, 8, what);
    const texts: string[] = [];
    for (let i = 0; i < count; i++) {
      const text = this.#item(what);
      texts.push(typeof text === 'string' ? text : await text);
    }
    return texts;
  }

  /** As `string`, without waiting where the bytes are there: a vocabulary has hundreds of thousands. */
  #item(what: string): string | Promise<string> {
    const at = this.position - this.#start;
    if (at + 8 > this.#bytes.length) return this.string(what);
    const length = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
    if (length > MAX_STRING_BYTES || at + 8 + length > this.#bytes.length) return this.string(what);
    this.position += 8 + length;
    return this.#decode(this.#bytes.subarray(at + 8, at + 8 + length), what);
  }
}

function numbersOf(type: number, bytes: Uint8Array<ArrayBuffer>): GgufValue {
  const { buffer } = bytes;
  switch (type) {
    case 1:
      return new Int8Array(buffer);
    case 2:
      return new Uint16Array(buffer);
    case 3:
      return new Int16Array(buffer);
    case 4:
      return new Uint32Array(buffer);
    case 5:
      return new Int32Array(buffer);
    case 6:
      return new Float32Array(buffer);
    case 10:
      return Float64Array.from(new BigUint64Array(buffer), Number);
    case 11:
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 12:
      return new Float64Array(buffer);
    default:
      return bytes;
  }
}
