/**
 * Conversions between f32, f16 and bf16 on little-endian bytes, as weight files hold them.
 *
 * Rounding is to nearest even, subnormals are kept, overflow becomes infinity, NaN stays NaN. Widening halves goes
 * through a table of all 65,536; narrowing goes through two tables by the sign and exponent of the f32, so that a
 * run of weights takes one loop without branches on its values.
 * Source: IEEE 754-2008; the tables follow J. van der Zijp, "Fast Half Float Conversions".
 */
import type { StoredType } from './blockTypes.ts';

/** The weight formats a base model may be stored, kept or exported in. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

export const FLOAT_SIZE_BYTES: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

export function isFloatDtype(dtype: StoredType): dtype is FloatDtype {
  return Object.hasOwn(FLOAT_SIZE_BYTES, dtype);
}

const floatScratch = new Float32Array(1);
const bitsScratch = new Uint32Array(floatScratch.buffer);

/** The f32 bits of one f16. */
function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f80_0000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  floatScratch[0] = mantissa * 2 ** -24;
  return (sign | (bitsScratch[0] ?? 0)) >>> 0;
}

let halfToFloatBits: Uint32Array<ArrayBuffer> | undefined;

function widenTable(): Uint32Array<ArrayBuffer> {
  halfToFloatBits ??= Uint32Array.from({ length: 65_536 }, (_, half) => widenHalf(half));
  return halfToFloatBits;
}

let halfValues: Float32Array<ArrayBuffer> | undefined;

/** The f16 at byte `at`, which need not be even, as a number. */
export function halfAt(bytes: Uint8Array, at: number): number {
  halfValues ??= new Float32Array(widenTable().buffer);
  return halfValues[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

interface NarrowTables {
  /** By the top 9 bits of an f32: the half with that sign and exponent, mantissa zero. */
  base: Uint16Array;
  /** By the same: how far the 24-bit significand moves right; 25 when nothing of it is left. */
  shift: Uint8Array;
}

let narrowTables: NarrowTables | undefined;

function narrowTable(): NarrowTables {
  if (narrowTables !== undefined) return narrowTables;
  const base = new Uint16Array(512);
  const shift = new Uint8Array(512);
  for (let top = 0; top < 512; top++) {
    const sign = (top & 0x100) << 7;
    const exponent = (top & 0xff) - 127;
    if (exponent < -25) [base[top], shift[top]] = [sign, 25];
    else if (exponent < -14) [base[top], shift[top]] = [sign, -exponent - 1];
    // The significand's leading one adds 1 to the exponent field.
    else if (exponent <= 15) [base[top], shift[top]] = [sign | ((exponent + 14) << 10), 13];
    else [base[top], shift[top]] = [sign | 0x7c00, 25];
  }
  narrowTables = { base, shift };
  return narrowTables;
}

/** Overwrites `half` with `floatBits` rounded to f16. Both have the same length. */
function narrowToHalf(floatBits: Uint32Array, half: Uint16Array): void {
  const { base, shift } = narrowTable();
  for (let i = 0; i < floatBits.length; i++) {
    const bits = floatBits[i]!;
    const top = bits >>> 23;
    const significand = (bits & 0x7f_ffff) | 0x80_0000;
    const right = shift[top]!;
    const kept = significand >>> right;
    // Half of the last kept place, less one unless that place is odd: carries exactly when nearest even rounds up.
    const rounded = (significand + (1 << (right - 1)) - 1 + (kept & 1)) >>> right;
    half[i] = base[top]! + rounded;
    if ((bits & 0x7fff_ffff) > 0x7f80_0000) half[i] = ((bits >>> 16) & 0x8000) | 0x7e00 | ((bits >>> 13) & 0x3ff);
  }
}

/** Overwrites `brain` with `floatBits` rounded to bf16. Both have the same length. */
function narrowToBrain(floatBits: Uint32Array, brain: Uint16Array): void {
  for (let i = 0; i < floatBits.length; i++) {
    const bits = floatBits[i]!;
    const isNan = (bits & 0x7fff_ffff) > 0x7f80_0000;
    brain[i] = isNan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
}

/** The bytes where a wider typed array can view them: the same where they are aligned, else a copy. */
function aligned(bytes: Uint8Array<ArrayBuffer>, elementBytes: number): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
}

/** Halfway between the largest f16 and what would be the next: from here on rounding gives infinity. */
export const F16_OVERFLOW = 65_520;

/** Little-endian bytes of `from` as little-endian bytes of `to`. Same format: the input itself, not a copy. */
export function convertFloats(
  bytes: Uint8Array<ArrayBuffer>,
  from: FloatDtype,
  to: FloatDtype,
): Uint8Array<ArrayBuffer> {
  if (from === to) return bytes;
  const count = bytes.length / FLOAT_SIZE_BYTES[from];
  if (!Number.isInteger(count)) throw new RangeError(`expected whole ${from} values, got ${bytes.length} bytes`);
  const floatBits = from === 'F32' ? viewBits(bytes, count) : widen(bytes, from, count);
  if (to === 'F32') return new Uint8Array(floatBits.buffer, floatBits.byteOffset, floatBits.byteLength);
  const narrow = new Uint16Array(count);
  if (to === 'F16') narrowToHalf(floatBits, narrow);
  else narrowToBrain(floatBits, narrow);
  return new Uint8Array(narrow.buffer);
}

function viewBits(bytes: Uint8Array<ArrayBuffer>, count: number): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset } = aligned(bytes, 4);
  return new Uint32Array(buffer, byteOffset, count);
}

function widen(bytes: Uint8Array<ArrayBuffer>, from: 'F16' | 'BF16', count: number): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset } = aligned(bytes, 2);
  const narrow = new Uint16Array(buffer, byteOffset, count);
  const floatBits = new Uint32Array(count);
  if (from === 'BF16') {
    for (let i = 0; i < count; i++) floatBits[i] = narrow[i]! << 16;
    return floatBits;
  }
  const table = widenTable();
  for (let i = 0; i < count; i++) floatBits[i] = table[narrow[i]!]!;
  return floatBits;
}

/** Little-endian bytes of any float format as numbers. For F32 on a 4-byte boundary this is a view, not a copy. */
export function toFloat32(bytes: Uint8Array<ArrayBuffer>, from: FloatDtype): Float32Array<ArrayBuffer> {
  const wide = aligned(convertFloats(bytes, from, 'F32'), 4);
  return new Float32Array(wide.buffer, wide.byteOffset, wide.byteLength / 4);
}

/** Numbers as little-endian bytes of a float format. For F32 this is a view, not a copy. */
export function fromFloat32(values: Float32Array<ArrayBuffer>, to: FloatDtype): Uint8Array<ArrayBuffer> {
  return convertFloats(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 'F32', to);
}
