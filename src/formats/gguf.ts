/**
 * The header of a GGUF file: metadata and where each tensor lies. No tensor data is read, and files are taken to be from
 * strangers.
 *
 * @huggingface/gguf reads the same, but from URLs and Blobs of its own choosing and without checking lengths, offsets or
 * sizes; here everything goes through ByteSource and every error names the file and the key or tensor.
 * Source: ggml, `docs/gguf.md` and `ggml/include/ggml.h` (the numbers of the types). Versions 2 and 3, little-endian.
 */
import type { StoredType } from './blockTypes.ts';
import { type ByteSource, refuseLfsPointer } from './byteSource.ts';
import { GgufCursor, type GgufValue } from './ggufCursor.ts';
import { GGUF_TYPE_NAMES, ggufTypeSize, isStoredInGguf, tensorBytes } from './ggufTypes.ts';
import type { StoredInfo } from './weightFiles.ts';

export interface GgufHeader {
  metadata: Map<string, GgufValue>;
  /** Where each metadata entry lies, key and type included: what a copy of the file takes over as it is. */
  entries: Map<string, { offset: number; sizeBytes: number }>;
  /** By GGUF's names. Shapes are row-major: GGUF's dimensions reversed. Offsets are absolute. */
  tensors: Map<string, StoredInfo>;
}

const MAGIC = 0x4655_4747;
const MAX_NAME_BYTES = 1 << 16;

/**
 * Reads and checks the header. Throws a FormatError that names the file, and the key or tensor, for: another version or
 * byte order, lengths and counts that the file cannot hold, text that is not UTF-8, names that appear twice, types that
 * cannot be dequantized here, rows that are no whole blocks, and offsets that are unaligned, overlap or leave the file.
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  await refuseLfsPointer(source);
  const cursor = new GgufCursor(source);
  if (source.sizeBytes < 24) throw cursor.fail(`expected a GGUF header, got a file of ${source.sizeBytes} bytes`);
  if ((await cursor.u32('the magic number')) !== MAGIC)
    throw cursor.fail('expected GGUF at the start; this is no GGUF file');
  const version = await cursor.u32('the version');
  if (version !== 2 && version !== 3) {
    throw cursor.fail(
      version % 65_536 === 0
        ? 'a big-endian GGUF file; take the little-endian one of the same model'
        : `GGUF version ${version} is not read (2 and 3 are); take a newer file of the same model`,
    );
  }
  const tensorCount = await cursor.size('the number of tensors');
  const keyCount = await cursor.size('the number of metadata entries');
  const { metadata, entries } = await readMetadata(cursor, keyCount);
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || !Number.isInteger(Math.log2(alignment))) {
    throw cursor.fail(`general.alignment: expected a power of two, got ${alignment}`);
  }
  const tensors = await readTensors(cursor, tensorCount, alignment);
  place(tensors, cursor, alignment);
  return { metadata, entries, tensors };
}

async function readMetadata(cursor: GgufCursor, count: number): Promise<Pick<GgufHeader, 'metadata' | 'entries'>> {
  cursor.expect(count, 13, 'metadata');
  const metadata: GgufHeader['metadata'] = new Map();
  const entries: GgufHeader['entries'] = new Map();
  for (let i = 0; i < count; i++) {
    const offset = cursor.position;
    const key = await cursor.string(`metadata key ${i}`, MAX_NAME_BYTES);
    if (metadata.has(key)) throw cursor.fail(`the metadata key ${JSON.stringify(key)} appears twice`);
    const type = await cursor.u32(key);
    metadata.set(key, await cursor.value(type, key));
    entries.set(key, { offset, sizeBytes: cursor.position - offset });
  }
  return { metadata, entries };
}

/** Offsets are still relative to the data. */
async function readTensors(cursor: GgufCursor, count: number, alignment: number): Promise<Map<string, StoredInfo>> {
  cursor.expect(count, 32, 'tensors');
  const tensors = new Map<string, StoredInfo>();
  for (let i = 0; i < count; i++) {
    const name = await cursor.string(`the name of tensor ${i}`, MAX_NAME_BYTES);
    const what = `tensor ${JSON.stringify(name)}`;
    if (tensors.has(name)) throw cursor.fail(`${what} appears twice`);
    const dimensions = await cursor.u32(what);
    if (dimensions < 1 || dimensions > 4) throw cursor.fail(`${what}: expected 1 to 4 dimensions, got ${dimensions}`);
    const shape: number[] = [];
    for (let d = 0; d < dimensions; d++) shape.unshift(await cursor.size(what));
    const dtype = typeOf(cursor, await cursor.u32(what), what);
    const offset = await cursor.size(what);
    if (offset % alignment !== 0) throw cursor.fail(`${what}: offset ${offset} is not a multiple of ${alignment}`);
    tensors.set(name, { name, dtype, shape, offset, sizeBytes: sizeOf(cursor, dtype, shape, what) });
  }
  return tensors;
}

function typeOf(cursor: GgufCursor, code: number, what: string): StoredType {
  const name = GGUF_TYPE_NAMES[code];
  if (name === undefined) throw cursor.fail(`${what}: unknown type ${code}; is this a newer kind of GGUF file?`);
  if (isStoredInGguf(name)) return name;
  throw cursor.fail(`${what}: quantization ${name} is not supported; take a Q4_K_M or Q8_0 file of the same model`);
}

function sizeOf(cursor: GgufCursor, dtype: StoredType, shape: readonly number[], what: string): number {
  const rowLength = shape.at(-1) ?? 0;
  const { elements } = ggufTypeSize(dtype);
  if (rowLength % elements !== 0) {
    throw cursor.fail(`${what}: rows of ${rowLength} are no whole ${dtype} blocks of ${elements}`);
  }
  const bytes = tensorBytes(dtype, shape);
  if (bytes === 0 || !Number.isSafeInteger(bytes)) throw cursor.fail(`${what}: no tensor has the shape [${shape}]`);
  return bytes;
}

/** Makes the offsets absolute. The data may have gaps, which alignment leaves, but no tensor lies on another. */
function place(tensors: ReadonlyMap<string, StoredInfo>, cursor: GgufCursor, alignment: number): void {
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  let end = dataStart;
  for (const tensor of [...tensors.values()].sort((a, b) => a.offset - b.offset)) {
    tensor.offset += dataStart;
    const what = `tensor ${JSON.stringify(tensor.name)}`;
    if (tensor.offset < end) throw cursor.fail(`${what} overlaps the tensor before it; fetch the file again`);
    end = tensor.offset + tensor.sizeBytes;
    if (end > cursor.source.sizeBytes) {
      throw cursor.fail(
        `${what} ends at byte ${end}, but the file has ${cursor.source.sizeBytes}; it is cut short, fetch it again`,
      );
    }
  }
}
