// For tests: plain K-quants near the floats given, by the arithmetic of e2e/reference/k_quants.py, in f32 step by step.
import { fromFloat32, toFloat32 } from '../formats/dtypes.ts';

const f = Math.fround;

export type KType = 'Q4_K' | 'Q5_K' | 'Q6_K';

/** `values`: a multiple of 256 elements. */
export function quantizeK(values: Float32Array<ArrayBuffer>, type: KType): Uint8Array<ArrayBuffer> {
  const blocks = Array.from({ length: values.length / 256 }, (_, i) => values.subarray(256 * i, 256 * (i + 1)));
  const packed = blocks.map((block) => (type === 'Q6_K' ? quantizeQ6k(block) : affine(block, type === 'Q4_K' ? 4 : 5)));
  return Uint8Array.from(packed.flat());
}

const rounded = (x: number, least: number, most: number) => Math.min(most, Math.max(least, Math.floor(f(x + 0.5))));
const divided = (x: number, by: number) => (by === 0 ? 0 : f(x / by));

/** Rounded to f16: its bytes, and what they mean. */
function half(x: number): { bytes: number[]; value: number } {
  const bytes = fromFloat32(Float32Array.of(x), 'F16');
  return { bytes: [...bytes], value: toFloat32(bytes, 'F16')[0]! };
}

function affine(block: Float32Array, bits: 4 | 5): number[] {
  const most = 2 ** bits - 1;
  const subs = Array.from({ length: 8 }, (_, s) => block.subarray(32 * s, 32 * (s + 1)));
  const lowest = subs.map((sub) => Math.min(0, ...sub));
  const scale = subs.map((sub, s) => f(f(Math.max(0, ...sub) - lowest[s]!) / most));
  const d = half(f(Math.max(...scale) / 63));
  const dmin = half(f(Math.max(...lowest.map((x) => -x)) / 63));
  const scales = scale.map((x) => rounded(divided(x, d.value), 0, 63));
  const minima = lowest.map((x) => rounded(divided(-x, dmin.value), 0, 63));
  const q = subs.map((sub, s) => {
    const shift = f(dmin.value * minima[s]!);
    const step = f(d.value * scales[s]!);
    return Array.from(sub, (x) => rounded(divided(f(x + shift), step), 0, most));
  });
  const packed = [0, 1, 2, 3].flatMap((s) => [
    [s, scales[s]! | ((scales[s + 4]! >> 4) << 6)],
    [s + 4, minima[s]! | ((minima[s + 4]! >> 4) << 6)],
    [s + 8, (scales[s + 4]! & 15) | ((minima[s + 4]! & 15) << 4)],
  ]);
  const twelve = packed.sort(([a = 0], [b = 0]) => a - b).map(([, byte = 0]) => byte);
  const fifth = Array.from({ length: 32 }, (_, i) => q.reduce((byte, sub, s) => byte | ((sub[i]! >> 4) << s), 0));
  const low = [0, 2, 4, 6].flatMap((s) => q[s]!.map((x, i) => (x & 15) | ((q[s + 1]![i]! & 15) << 4)));
  return [...d.bytes, ...dmin.bytes, ...twelve, ...(bits === 5 ? fifth : []), ...low];
}

function quantizeQ6k(block: Float32Array): number[] {
  const subs = Array.from({ length: 16 }, (_, s) => block.subarray(16 * s, 16 * (s + 1)));
  const scale = subs.map((sub) => f(Math.max(...sub.map(Math.abs)) / 31));
  const d = half(f(Math.max(...scale) / 127));
  const scales = scale.map((x) => rounded(divided(x, d.value), 0, 127));
  const q = subs.flatMap((sub, s) => {
    const step = f(d.value * scales[s]!);
    return Array.from(sub, (x) => rounded(divided(x, step), -32, 31) + 32);
  });
  const quarter = (h: number, s: number) => q.slice(128 * h + 32 * s, 128 * h + 32 * (s + 1));
  const low = [0, 1].flatMap((h) =>
    [0, 1].flatMap((s) => quarter(h, s).map((x, i) => (x & 15) | ((quarter(h, s + 2)[i]! & 15) << 4))),
  );
  const high = [0, 1].flatMap((h) =>
    quarter(h, 0).map((_, i) => [0, 1, 2, 3].reduce((byte, s) => byte | ((quarter(h, s)[i]! >> 4) << (2 * s)), 0)),
  );
  return [...low, ...high, ...scales, ...d.bytes];
}
