import { expect, test } from 'vitest';
import { random } from '../ops/testGpu.ts';
import { BLOCK, packZeroPoints, quantize } from './blockQuantize.ts';
import { dequantize } from './testSession.ts';

const errorOf = (values: Float32Array, back: Float32Array) =>
  Math.sqrt(values.reduce((sum, value, i) => sum + (value - back[i]!) ** 2, 0) / values.length);

test.each([4, 8] as const)('%i bits: no value is further away than half a step, or what clipping takes', (bits) => {
  const values = random(BLOCK * 50, 3).map((value) => value ** 3);
  const made = quantize(values, bits);
  const back = dequantize(made, bits);
  values.forEach((value, i) => {
    const step = Math.abs(made.scales[Math.floor(i / BLOCK)]!);
    expect(Math.abs(value - back[i]!)).toBeLessThanOrEqual(step * (bits === 4 ? 1.0001 : 0.5001));
  });
});

test('4 bits: the better of two grids', () => {
  const even = quantize(
    Float32Array.from({ length: BLOCK }, (_, i) => (i % 16) - 8),
    4,
  );
  expect([even.scales[0], even.zeroPoints[0]]).toEqual([1, 8]);
  const positive = Float32Array.from({ length: BLOCK }, (_, i) => (i % 16) / 4);
  const uneven = quantize(positive, 4);
  expect(uneven.zeroPoints[0]).toBe(0);
  expect(dequantize(uneven, 4)).toEqual(positive);
});

test('values that GGUF’s Q4_0 can hold come back exactly, negative scales too', () => {
  for (const scale of [0.03125, -0.0625]) {
    const values = Float32Array.from({ length: BLOCK }, (_, i) => (((i * 7) % 16) - 8) * scale);
    expect(dequantize(quantize(values, 4), 4)).toEqual(values);
  }
});

test('zeros stay zeros', () => {
  for (const bits of [4, 8] as const) {
    expect(errorOf(new Float32Array(BLOCK), dequantize(quantize(new Float32Array(BLOCK), bits), bits))).toBe(0);
  }
});

test('zero points: two in a byte, every row on its own', () => {
  expect([...packZeroPoints(Uint8Array.from([1, 2, 3, 4, 5, 6]), 3)]).toEqual([0x21, 0x03, 0x54, 0x06]);
});
