/**
 * A zip opened as a folder of byte sources. Stored entries are windows into the archive, so a zipped shard is never
 * held (nor is its checksum taken); deflated ones are inflated when first read, within the size they declared.
 *
 * The central directory decides; every offset and size is checked against the file before anything is allocated.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3 (zip64).
 */
import { type ByteSource, refuseLfsPointer, sliceSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { inflatedSource } from './inflate.ts';
import { isAppleDouble } from './weightFiles.ts';

export interface ZipLimits {
  /** Of all entries together, unpacked. Default 64 GB: stored entries cost no memory. */
  maxTotalBytes?: number;
  /** Of all compressed entries together, unpacked; they are held in memory. Default 512 MB. */
  maxInflatedBytes?: number;
  maxEntries?: number;
}

interface CentralEntry {
  name: string;
  method: number;
  crc: number;
  packedBytes: number;
  sizeBytes: number;
  localOffset: number;
}

const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** No deflate stream unpacks to more than 1032 times its size. */
const MAX_DEFLATE_RATIO = 1032;
const MAX_DIRECTORY_BYTES = 64 << 20;

const viewOf = (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The archive's files, named by their paths in it; what macOS lays beside every file is left out. Throws a FormatError
 * for anything that is not a plain zip: cut short, encrypted, over a limit, names that repeat or leave the folder.
 */
export async function openZip(source: ByteSource, limits: ZipLimits = {}): Promise<ByteSource[]> {
  await refuseLfsPointer(source);
  const { maxTotalBytes = 64e9, maxInflatedBytes = 512e6, maxEntries = 10_000 } = limits;
  const all = await readDirectory(source, maxEntries);
  const entries = all.filter(({ name }) => !name.endsWith('/') && !isAppleDouble(name));
  checkEntryNames(source.name, entries);
  const sum = (some: CentralEntry[]) => some.reduce((total, entry) => total + entry.sizeBytes, 0);
  if (sum(entries) > maxTotalBytes) {
    throw new FormatError(source.name, `expected at most ${maxTotalBytes} bytes unpacked, got ${sum(entries)}`);
  }
  const inflatedBytes = sum(entries.filter((entry) => entry.method === DEFLATED));
  if (inflatedBytes > maxInflatedBytes) {
    const remedy = 'pack it again without compression, or unpack it and drop the folder';
    throw new FormatError(
      source.name,
      `expected at most ${maxInflatedBytes} compressed bytes, got ${inflatedBytes}; ${remedy}`,
    );
  }
  return Promise.all(entries.map((entry) => openEntry(source, entry)));
}

/** Throws a FormatError for a name that repeats, is absolute, climbs out of its folder or is no plain path. */
export function checkEntryNames(archiveName: string, entries: readonly { name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    const isPlain = !/^[a-zA-Z]:|[\\\0]/.test(name) && name.split('/').every((part) => !['', '.', '..'].includes(part));
    if (!isPlain) throw new FormatError(archiveName, `refused the entry ${JSON.stringify(name)}: it leaves its folder`);
    if (seen.has(name)) throw new FormatError(archiveName, `holds ${JSON.stringify(name)} twice`);
    seen.add(name);
  }
}

async function readDirectory(source: ByteSource, maxEntries: number): Promise<CentralEntry[]> {
  const end = await findEnd(source);
  const fail = (problem: string) => new FormatError(source.name, problem);
  if (end.count > maxEntries) throw fail(`expected at most ${maxEntries} entries, got ${end.count}`);
  if (end.directoryBytes > MAX_DIRECTORY_BYTES) throw fail('its list of files is over 64 MB');
  const directory = viewOf(await source.read(end.directoryOffset, end.directoryBytes));
  const entries: CentralEntry[] = [];
  let at = 0;
  for (let i = 0; i < end.count; i++) {
    if (at + CENTRAL_BYTES > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
      throw fail(`entry ${i + 1} of ${end.count} is damaged; fetch the archive again`);
    }
    const nameBytes = directory.getUint16(at + 28, true);
    const extraBytes = directory.getUint16(at + 30, true);
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + directory.getUint16(at + 32, true);
    if (next > directory.byteLength) throw fail(`entry ${i + 1} of ${end.count} is damaged; fetch the archive again`);
    entries.push(readCentralEntry(directory, at, nameBytes, extraBytes, source.name));
    at = next;
  }
  return entries;
}

function readCentralEntry(
  view: DataView<ArrayBuffer>,
  at: number,
  nameBytes: number,
  extraBytes: number,
  archive: string,
) {
  const flags = view.getUint16(at + 8, true);
  const name = nameOf(new Uint8Array(view.buffer, view.byteOffset + at + CENTRAL_BYTES, nameBytes));
  const method = view.getUint16(at + 10, true);
  if (flags & 1) throw new FormatError(archive, `${name} is encrypted; unpack it and drop the folder`);
  if (method !== STORED && method !== DEFLATED) {
    throw new FormatError(archive, `${name} uses compression method ${method}; pack it again as a plain zip`);
  }
  const wide = readZip64Extra(view, at + CENTRAL_BYTES + nameBytes, extraBytes);
  const field = (offset: number) => {
    const value = view.getUint32(at + offset, true);
    return value === 0xffff_ffff ? (wide.shift() ?? value) : value;
  };
  const sizeBytes = field(24);
  const packedBytes = field(20);
  const localOffset = field(42);
  const isPossible = method === STORED ? packedBytes === sizeBytes : sizeBytes <= packedBytes * MAX_DEFLATE_RATIO;
  if (!isPossible) throw new FormatError(archive, `${name} cannot unpack from ${packedBytes} to ${sizeBytes} bytes`);
  return { name, method, crc: view.getUint32(at + 16, true), packedBytes, sizeBytes, localOffset };
}

/** Old zips have names in the code page of their machine, and some of Windows backslashes between folders. */
function nameOf(bytes: Uint8Array<ArrayBuffer>): string {
  const decoded = (encoding: string) => new TextDecoder(encoding, { fatal: true }).decode(bytes).replaceAll('\\', '/');
  try {
    return decoded('utf-8');
  } catch {
    return decoded('latin1');
  }
}

/** The 64-bit values of extra field 1, in the order in which the 32-bit fields gave way to them. */
function readZip64Extra(view: DataView, start: number, length: number): number[] {
  for (let at = start; at + 4 <= start + length; ) {
    const id = view.getUint16(at, true);
    const bytes = Math.min(view.getUint16(at + 2, true), start + length - at - 4);
    if (id === 1) {
      return Array.from({ length: Math.min(3, Math.floor(bytes / 8)) }, (_, i) =>
        Number(view.getBigUint64(at + 4 + 8 * i, true)),
      );
    }
    at += 4 + bytes;
  }
  return [];
}

async function findEnd(source: ByteSource) {
  const tailBytes = Math.min(source.sizeBytes, END_BYTES + 0xffff);
  const tailStart = source.sizeBytes - tailBytes;
  const tail = viewOf(await source.read(tailStart, tailBytes));
  let at = tailBytes - END_BYTES;
  const isEnd = () =>
    tail.getUint32(at, true) === 0x06054b50 && at + END_BYTES + tail.getUint16(at + 20, true) === tailBytes;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw new FormatError(source.name, 'expected a zip archive; this is none, or it is cut short');
  const end = {
    count: tail.getUint16(at + 10, true),
    directoryBytes: tail.getUint32(at + 12, true),
    directoryOffset: tail.getUint32(at + 16, true),
  };
  const isZip64 = end.count === 0xffff || end.directoryBytes === 0xffff_ffff || end.directoryOffset === 0xffff_ffff;
  return isZip64 && tailStart + at >= 20 ? ((await readZip64End(source, tailStart + at - 20)) ?? end) : end;
}

async function readZip64End(source: ByteSource, locatorOffset: number) {
  const locator = viewOf(await source.read(locatorOffset, 20));
  if (locator.getUint32(0, true) !== 0x07064b50) return undefined;
  const end = viewOf(await source.read(Number(locator.getBigUint64(8, true)), 56));
  if (end.getUint32(0, true) !== 0x06064b50) throw new FormatError(source.name, 'its zip64 end record is damaged');
  return {
    count: Number(end.getBigUint64(32, true)),
    directoryBytes: Number(end.getBigUint64(40, true)),
    directoryOffset: Number(end.getBigUint64(48, true)),
  };
}

async function openEntry(source: ByteSource, entry: CentralEntry): Promise<ByteSource> {
  const local = viewOf(await source.read(entry.localOffset, LOCAL_BYTES));
  if (local.getUint32(0, true) !== 0x04034b50) throw new FormatError(source.name, `${entry.name} is damaged`);
  const dataOffset = entry.localOffset + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = sliceSource(source, dataOffset, entry.packedBytes, entry.name);
  return entry.method === STORED ? packed : inflatedSource(packed, entry.sizeBytes, entry.crc);
}
