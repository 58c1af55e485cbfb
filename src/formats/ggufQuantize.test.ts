import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toFloat32 } from './dtypes.ts';
import { quantizeForGguf } from './ggufQuantize.ts';

const fixture = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`../../e2e/fixtures/quantize/${name}`, import.meta.url)));
const values = toFloat32(fixture('values.bin'), 'F32');

test.each(['Q8_0', 'Q4_0'] as const)('%s: the blocks of gguf-py, to the bit', (type) => {
  expect(quantizeForGguf(values, type)).toEqual(fixture(`${type.toLowerCase()}.bin`));
});

test.each(['Q8_0', 'Q4_0'] as const)(
  '%s refuses what is not finite, what f16 cannot scale, and half a block',
  (type) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e8]) {
      const spoilt = values.slice(0, 64);
      spoilt[40] = bad;
      expect(() => quantizeForGguf(spoilt, type)).toThrow(/cannot hold; use f32/);
    }
    expect(() => quantizeForGguf(values.slice(0, 72), type)).toThrow(/whole blocks/);
  },
);

test('Q4_0: an exact half goes where the product in f32 puts it', () => {
  const block = new Float32Array(32);
  block.set([-0.271484375, -0.1866455078125]);
  const [, , first, second] = quantizeForGguf(block, 'Q4_0');
  expect([first! & 15, second! & 15]).toEqual([0, 3]);
});
