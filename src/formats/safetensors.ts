/**
 * safetensors, read and written to the byte as the Rust library does.
 *
 * Layout: u64 little-endian header length; compact JSON padded with spaces to 8 bytes; then the data, wholly covered
 * by the tensors, no gaps. Writing streams: the header is planned from names, types and shapes alone, and each tensor
 * is asked for its bytes when its turn comes, so no file is ever held in memory.
 * Source: huggingface/safetensors, `safetensors/src/tensor.rs`.
 */
import type { ByteSource } from './byteSource.ts';
import { decodeUtf8, refuseLfsPointer } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { compareCodePoints, isJsonObject, parseJsonObject } from './json.ts';
import { type Bytes, exactly } from './pieces.ts';

/** Bits per element, in the order of the library's enum: tensors are written from the last type to the first. */
const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type Dtype = keyof typeof DTYPE_BITS;

const DTYPE_ORDER = Object.keys(DTYPE_BITS);
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = '__metadata__';

export interface TensorShape {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
}

/** `offset` is absolute in the file. */
export interface TensorInfo extends TensorShape {
  offset: number;
  sizeBytes: number;
}

export interface SafetensorsHeader {
  metadata: Map<string, string>;
  tensors: Map<string, TensorInfo>;
}

/** A tensor to write. `bytes` is called once, when its turn comes, and may yield pieces of any size. */
export interface TensorEntry extends TensorShape {
  bytes: () => Bytes;
}

export interface SafetensorsPlan<T extends TensorShape> {
  header: Uint8Array<ArrayBuffer>;
  /** In file order. */
  entries: (T & TensorInfo)[];
  sizeBytes: number;
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BITS, value);
}

/** Bytes of a tensor, or undefined when its element count is not exact or its last byte is not full. */
function tensorSizeBytes(dtype: Dtype, shape: readonly number[]): number | undefined {
  const bits = shape.reduce((product, size) => product * size, DTYPE_BITS[dtype]);
  return Number.isSafeInteger(bits) && bits % 8 === 0 ? bits / 8 : undefined;
}

/**
 * Reads and checks the header; no tensor data is read. Throws a FormatError for: a header over 100 MB or past the end
 * of the file, text that is not UTF-8 JSON, duplicate names, unknown dtypes, and offsets that overlap, go backwards,
 * leave a gap, disagree with dtype × shape or do not end where the file does.
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const fail = (problem: string) => new FormatError(source.name, problem);
  await refuseLfsPointer(source);
  if (source.sizeBytes < 8) throw fail(`expected a safetensors header, got a file of ${source.sizeBytes} bytes`);
  const lengthBytes = await source.read(0, 8);
  const headerBytes = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) {
    throw fail(`expected a header of at most 100 MB, got ${headerBytes} bytes; this is not a safetensors file`);
  }
  const dataStart = 8 + headerBytes;
  if (dataStart > source.sizeBytes) {
    throw fail(
      `expected a header of ${headerBytes} bytes, got a file of ${source.sizeBytes} bytes; it is cut short, fetch it again`,
    );
  }
  const text = decodeUtf8(await source.read(8, headerBytes), source.name);
  if (!text.startsWith('{')) throw fail('expected a header that starts with {; this is not a safetensors file');

  const header: SafetensorsHeader = { metadata: new Map(), tensors: new Map() };
  for (const [name, value] of Object.entries(parseJsonObject(text, source.name))) {
    if (name === METADATA_KEY) header.metadata = readMetadata(value, source.name);
    else header.tensors.set(name, readTensorInfo(name, value, dataStart, source.name));
  }
  checkCoverage([...header.tensors.values()], dataStart, source);
  return header;
}

function readMetadata(value: unknown, fileName: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (!isJsonObject(value)) throw new FormatError(fileName, `expected ${METADATA_KEY} to be an object of strings`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new FormatError(fileName, `expected ${METADATA_KEY}.${key} to be a string`);
    metadata.set(key, text);
  }
  return metadata;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function readTensorInfo(name: string, value: unknown, dataStart: number, fileName: string): TensorInfo {
  const fail = (problem: string) => new FormatError(fileName, `tensor ${JSON.stringify(name)}: ${problem}`);
  if (!isJsonObject(value)) throw fail('expected an object with dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw fail(`unknown dtype ${JSON.stringify(dtype)}, expected one of ${DTYPE_ORDER.join(', ')}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw fail('expected shape to be a list of whole numbers');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw fail('expected data_offsets to be two whole numbers');
  }
  const [start = 0, end = 0] = offsets;
  const sizeBytes = tensorSizeBytes(dtype, shape);
  if (end < start) throw fail(`data_offsets go backwards: ${start} to ${end}`);
  if (end - start !== sizeBytes) {
    throw fail(`expected ${sizeBytes} bytes for ${dtype} [${shape.join(', ')}], got data_offsets over ${end - start}`);
  }
  return { name, dtype, shape, offset: dataStart + start, sizeBytes };
}

function checkCoverage(tensors: TensorInfo[], dataStart: number, source: ByteSource): void {
  let position = dataStart;
  for (const tensor of tensors.sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)) {
    if (tensor.offset !== position) {
      const problem = tensor.offset < position ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new FormatError(source.name, `tensor ${JSON.stringify(tensor.name)} ${problem}`);
    }
    position += tensor.sizeBytes;
  }
  if (position !== source.sizeBytes) {
    const remedy =
      position > source.sizeBytes ? 'it is cut short, fetch it again' : 'it has bytes that no tensor covers';
    throw new FormatError(source.name, `expected ${position} bytes, got ${source.sizeBytes}; ${remedy}`);
  }
}

/**
 * Lays a file out without touching any tensor data: header bytes, entries in file order with absolute offsets, and
 * the file's size. Throws a TypeError for duplicate names, the reserved name and shapes that fill no whole byte.
 */
export function planSafetensors<T extends TensorShape>(
  entries: readonly T[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): SafetensorsPlan<T> {
  const sorted = [...entries].sort(
    (a, b) => DTYPE_ORDER.indexOf(b.dtype) - DTYPE_ORDER.indexOf(a.dtype) || compareCodePoints(a.name, b.name),
  );
  const names = new Set<string>([METADATA_KEY]);
  const fields = Object.keys(metadata).length > 0 ? [`"${METADATA_KEY}":${JSON.stringify(metadata)}`] : [];
  const placed: (T & TensorInfo)[] = [];
  let end = 0;
  for (const entry of sorted) {
    const { name, dtype, shape } = entry;
    const sizeBytes = shape.every(isSize) ? tensorSizeBytes(dtype, shape) : undefined;
    if (sizeBytes === undefined) throw new TypeError(`tensor ${name}: ${dtype} [${shape.join(', ')}] has no size`);
    if (names.has(name)) throw new TypeError(`tensor ${name}: the name appears twice or is reserved`);
    names.add(name);
    placed.push({ ...entry, offset: end, sizeBytes });
    const info = { dtype, shape, data_offsets: [end, end + sizeBytes] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    end += sizeBytes;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const paddedBytes = Math.ceil(json.length / 8) * 8;
  if (paddedBytes > MAX_HEADER_BYTES) throw new TypeError(`header of ${paddedBytes} bytes, expected at most 100 MB`);
  const header = new Uint8Array(8 + paddedBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(paddedBytes), true);
  header.set(json, 8);
  for (const entry of placed) entry.offset += header.length;
  return { header, entries: placed, sizeBytes: header.length + end };
}

/**
 * The whole file, one piece at a time and in order: what a zip entry or a download pulls. Throws a TypeError when a
 * tensor yields more or fewer bytes than its shape says.
 */
export async function* safetensorsChunks(
  entries: readonly TensorEntry[],
  metadata?: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const plan = planSafetensors(entries, metadata);
  yield plan.header;
  for (const entry of plan.entries) yield* exactly(entry, `tensor ${entry.name}`);
}

/**
 * Writes a whole file; returns its size in bytes. `write` is awaited before the next piece is asked for. Rejects as
 * safetensorsChunks does.
 */
export async function writeSafetensors(
  entries: readonly TensorEntry[],
  write: (chunk: Uint8Array) => Promise<void>,
  metadata?: Readonly<Record<string, string>>,
): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of safetensorsChunks(entries, metadata)) {
    sizeBytes += chunk.length;
    await write(chunk);
  }
  return sizeBytes;
}
