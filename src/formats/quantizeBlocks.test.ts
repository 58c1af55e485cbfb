import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromFloat32, toFloat32 } from './dtypes.ts';
import { dequantizeBlocks } from './ggufBlocks.ts';
import { NORMAL_FLOAT, quantizeBlocks } from './quantizeBlocks.ts';
import { repackBlocks } from './repackBlocks.ts';

const fixture = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`../../e2e/fixtures/quantize/${name}`, import.meta.url)));
const floats = (bytes: Uint8Array<ArrayBuffer>) => toFloat32(bytes, 'F32');
const values = floats(fixture('values.bin'));

describe('quantizing', () => {
  it('q8: the integers of gguf-py, and its scale before f16 rounds it', () => {
    const ours = quantizeBlocks(values, 'q8');
    const theirs = repackBlocks(fixture('q8_0.bin'), 'Q8_0');
    expect(ours.length).toBe(theirs.length);
    const scales = floats(ours).filter((_, word) => word % 9 === 0);
    const rounded = new Float32Array(toFloat32(fromFloat32(scales, 'F16'), 'F16'));
    expect(rounded).toEqual(floats(theirs).filter((_, word) => word % 9 === 0));
    const integers = (bytes: Uint8Array) => bytes.filter((_, i) => i % 36 >= 4);
    expect(integers(ours)).toEqual(integers(theirs));
  });

  it('q4: the blocks of gguf-py, to the bit', () => {
    expect(quantizeBlocks(values, 'q4')).toEqual(fixture('q4_1.bin'));
  });

  it('nf4: the nearest of 16 values to each, as numpy finds it', () => {
    const table: number[] = JSON.parse(new TextDecoder().decode(fixture('nf4_table.json')));
    table.forEach((value, i) => {
      expect(NORMAL_FLOAT[i]).toBeCloseTo(value, 6);
    });
    const ours = quantizeBlocks(values, 'nf4');
    const theirs = fixture('nf4.bin');
    for (let row = 0; row < values.length / 64; row++) {
      expect(ours.subarray(row * 36, row * 36 + 4)).toEqual(theirs.subarray(row * 68, row * 68 + 4));
      const nibbles = Array.from({ length: 64 }, (_, i) => (ours[row * 36 + 4 + (i >> 1)]! >> (4 * (i % 2))) & 15);
      // Which side a tie goes to is nobody's promise: the constants 0 of a zero row, and row 0 to 9's round numbers.
      nibbles.forEach((q, i) => {
        const index = theirs[row * 68 + 4 + i]!;
        if (q === index) return;
        const scaled = values[row * 64 + i]! / floats(theirs.slice(row * 68, row * 68 + 4))[0]!;
        const distance = (at: number) => Math.abs(scaled - NORMAL_FLOAT[at]!);
        expect(distance(q)).toBeCloseTo(distance(index), 7);
      });
    }
  });

  it.each(['q8', 'q4', 'nf4'] as const)('%s refuses what is not finite, and half a block', (format) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 40, 63]) {
        const spoilt = values.slice(0, 64);
        spoilt[at] = bad;
        expect(() => quantizeBlocks(spoilt, format)).toThrow(/cannot hold; use f32 or bf16/);
      }
    }
    expect(() => quantizeBlocks(values.slice(0, 72), format)).toThrow(/whole blocks/);
  });

  it('q4 refuses what f16 cannot hold', () => {
    const large = new Float32Array(32).fill(7e4);
    expect(() => quantizeBlocks(large, 'q4')).toThrow('holds 70000, which q4 cannot hold');
    expect(() => quantizeBlocks(large, 'q8')).not.toThrow();
  });
});

describe('repacking', () => {
  const q4Values = (bytes: Uint8Array<ArrayBuffer>) => dequantizeBlocks(bytes, 'Q4_1', (bytes.length / 20) * 32);

  it('Q4_0 keeps its values, whatever the scale: normal, subnormal, negative', () => {
    const scales = [0x0000, 0x0001, 0x0080, 0x00ff, 0x03ff, 0x0400, 0x3c00, 0xbc00, 0x8001, 0x6bff];
    const blocks = new Uint8Array(scales.length * 18);
    scales.forEach((scale, block) => {
      blocks[18 * block] = scale & 255;
      blocks[18 * block + 1] = scale >> 8;
      for (let i = 0; i < 16; i++) blocks[18 * block + 2 + i] = (i * 37 + block) & 255;
    });
    const expected = dequantizeBlocks(blocks, 'Q4_0', scales.length * 32);
    expect(q4Values(repackBlocks(blocks, 'Q4_0')).map((x) => x + 0)).toEqual(expected.map((x) => x + 0));
    const beyond = Uint8Array.from({ length: 18 }, (_, i) => (i === 1 ? 0x70 : 0));
    expect(() => repackBlocks(beyond, 'Q4_0')).toThrow(/scale beyond 8188/);
  });

  it('Q5_0 keeps its values', () => {
    const blocks = Uint8Array.from({ length: 5 * 22 }, (_, i) => (i % 22 < 2 ? [0x34, 0x2c][i % 22]! : (i * 89) & 255));
    const packed = repackBlocks(blocks, 'Q5_0');
    const scales = floats(packed);
    const bytes = new Int8Array(packed.buffer);
    const ours = Float32Array.from(
      { length: 5 * 32 },
      (_, i) => scales[9 * Math.floor(i / 32)]! * bytes[36 * Math.floor(i / 32) + 4 + (i % 32)]!,
    );
    expect(ours.map((x) => x + 0)).toEqual(dequantizeBlocks(blocks, 'Q5_0', 5 * 32).map((x) => x + 0));
  });
});
