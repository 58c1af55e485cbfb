/**
 * NumPy's .npy for f32 arrays, C order, version 1.0: what `logits` writes and reference scripts read.
 * Source: numpy.lib.format.
 */
import type { ByteSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const HEADER = /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/;

export interface NpyArray {
  shape: number[];
  values: Float32Array<ArrayBuffer>;
}

const elementCount = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** The bytes before the data: write these, then the values little-endian in row-major order. */
export function npyHeader(shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const sizeBytes = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = new Uint8Array(sizeBytes).fill(0x20);
  header.set(MAGIC);
  header.set([1, 0], 6);
  new DataView(header.buffer).setUint16(8, sizeBytes - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  header[sizeBytes - 1] = 0x0a;
  return header;
}

/** A whole file. Throws a TypeError when the shape does not hold as many values as there are. @internal */
export function writeNpy({ shape, values }: NpyArray): Uint8Array<ArrayBuffer> {
  if (elementCount(shape) !== values.length) {
    throw new TypeError(`npy: expected ${elementCount(shape)} values for [${shape.join(', ')}], got ${values.length}`);
  }
  const header = npyHeader(shape);
  const file = new Uint8Array(header.length + values.byteLength);
  file.set(header);
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length);
  return file;
}

/** Reads a little-endian f32 array in C order; a FormatError for any other, or for data that the shape does not fill. */
export async function readNpy(source: ByteSource): Promise<NpyArray> {
  const fail = (problem: string) => new FormatError(source.name, problem);
  const start = await source.read(0, Math.min(12, source.sizeBytes));
  if (start.length < 12 || !MAGIC.every((byte, i) => start[i] === byte)) throw fail('expected a .npy file');
  const view = new DataView(start.buffer);
  const major = view.getUint8(6);
  const [textStart, textBytes] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder('latin1').decode(await source.read(textStart, textBytes));
  const [, dtype, order, dimensions = ''] = HEADER.exec(header) ?? [];
  if (dtype !== '<f4' || order !== 'False') {
    throw fail(`expected a float32 array in C order, got the header ${header.trim().slice(0, 200)}`);
  }
  const shape = dimensions
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const dataStart = textStart + textBytes;
  const count = elementCount(shape);
  if (count * 4 !== source.sizeBytes - dataStart) {
    throw fail(`expected ${count} values for [${shape.join(', ')}], got ${source.sizeBytes - dataStart} bytes`);
  }
  const bytes = await source.read(dataStart, count * 4);
  return { shape, values: new Float32Array(bytes.buffer) };
}
