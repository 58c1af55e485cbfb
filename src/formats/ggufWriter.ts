/**
 * Writes GGUF version 3, little-endian, as a file whose size is known before its first byte: header, metadata and the
 * places of the tensors at once, then each tensor as it is made.
 * Source: ggml, `docs/gguf.md`.
 */
import type { StoredType } from './blockTypes.ts';
import { GGUF_VALUE_TYPES, ggufTypeNumber, tensorBytes } from './ggufTypes.ts';
import { exactly } from './pieces.ts';
import type { ZipEntry } from './zipWriter.ts';

type NumberType = Exclude<keyof typeof GGUF_VALUE_TYPES, 'bool' | 'string' | 'array'>;

/** A metadata entry: a value, a list of values (`list`), or one taken from another file, key and type included (`raw`). */
export type GgufEntry =
  | { readonly key: string; readonly type: NumberType; readonly value: number }
  | { readonly key: string; readonly type: 'bool'; readonly value: boolean }
  | { readonly key: string; readonly type: 'string'; readonly value: string }
  | { readonly key: string; readonly list: NumberType; readonly values: ArrayLike<number> }
  | { readonly key: string; readonly list: 'bool'; readonly values: readonly boolean[] }
  | { readonly key: string; readonly list: 'string'; readonly values: readonly string[] }
  | { readonly key: string; readonly raw: Uint8Array };

/** `shape` is row-major; the rows are whole blocks of `dtype`. */
export interface GgufTensor {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

const MAGIC = 0x4655_4747;
const VERSION = 3;
const ALIGNMENT = 32;

const padded = (size: number) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;

/** The file under `name`. Reading its bytes throws a TypeError where a tensor's are not as many as its shape says. */
export function ggufEntry(name: string, metadata: readonly GgufEntry[], tensors: readonly GgufTensor[]): ZipEntry {
  const header = headerBytes(metadata, tensors);
  const dataBytes = tensors.reduce((sum, { dtype, shape }) => sum + padded(tensorBytes(dtype, shape)), 0);
  return { name, sizeBytes: header.length + dataBytes, bytes: () => fileBytes(header, tensors) };
}

async function* fileBytes(header: Uint8Array, tensors: readonly GgufTensor[]): AsyncGenerator<Uint8Array> {
  yield header;
  for (const { name, dtype, shape, bytes } of tensors) {
    const sizeBytes = tensorBytes(dtype, shape);
    yield* exactly({ sizeBytes, bytes }, `gguf: ${name}`);
    if (padded(sizeBytes) > sizeBytes) yield new Uint8Array(padded(sizeBytes) - sizeBytes);
  }
}

function headerBytes(metadata: readonly GgufEntry[], tensors: readonly GgufTensor[]): Uint8Array<ArrayBuffer> {
  const bytes = new Bytes();
  bytes.number('u32', MAGIC);
  bytes.number('u32', VERSION);
  bytes.number('u64', tensors.length);
  bytes.number('u64', metadata.length);
  for (const entry of metadata) bytes.entry(entry);
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    bytes.string(name);
    bytes.number('u32', shape.length);
    for (const size of shape.toReversed()) bytes.number('u64', size);
    bytes.number('u32', ggufTypeNumber(dtype));
    bytes.number('u64', offset);
    offset += padded(tensorBytes(dtype, shape));
  }
  return bytes.padded();
}

type Store = (view: DataView, at: number, value: number) => void;

/** Bytes of a number, and how it is stored. */
const NUMBERS: Readonly<Record<NumberType, readonly [sizeBytes: number, store: Store]>> = {
  u8: [1, (view, at, value) => view.setUint8(at, value)],
  i8: [1, (view, at, value) => view.setInt8(at, value)],
  u16: [2, (view, at, value) => view.setUint16(at, value, true)],
  i16: [2, (view, at, value) => view.setInt16(at, value, true)],
  u32: [4, (view, at, value) => view.setUint32(at, value, true)],
  i32: [4, (view, at, value) => view.setInt32(at, value, true)],
  f32: [4, (view, at, value) => view.setFloat32(at, value, true)],
  u64: [8, (view, at, value) => view.setBigUint64(at, BigInt(value), true)],
  i64: [8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)],
  f64: [8, (view, at, value) => view.setFloat64(at, value, true)],
};

/** Bytes that grow as they are written. */
class Bytes {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #text = new TextEncoder();

  /** Makes room for `count` more, and says where they go. */
  #take(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  number(type: NumberType, value: number): void {
    const [sizeBytes, store] = NUMBERS[type];
    const at = this.#take(sizeBytes);
    store(this.#view, at, value);
  }

  string(text: string): void {
    const encoded = this.#text.encode(text);
    this.number('u64', encoded.length);
    this.raw(encoded);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  entry(entry: GgufEntry): void {
    if ('raw' in entry) {
      this.raw(entry.raw);
      return;
    }
    this.string(entry.key);
    if ('list' in entry) {
      this.number('u32', GGUF_VALUE_TYPES.array);
      this.number('u32', GGUF_VALUE_TYPES[entry.list]);
      this.number('u64', entry.values.length);
      if (entry.list === 'string') for (const value of entry.values) this.string(value);
      else if (entry.list === 'bool') for (const value of entry.values) this.number('u8', value ? 1 : 0);
      else for (let i = 0; i < entry.values.length; i++) this.number(entry.list, entry.values[i]!);
      return;
    }
    this.number('u32', GGUF_VALUE_TYPES[entry.type]);
    if (entry.type === 'string') this.string(entry.value);
    else if (entry.type === 'bool') this.number('u8', entry.value ? 1 : 0);
    else this.number(entry.type, entry.value);
  }

  padded(): Uint8Array<ArrayBuffer> {
    this.#take(padded(this.#length) - this.#length);
    return this.#bytes.slice(0, this.#length);
  }
}
