import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BLOCK_TYPES, type BlockType, isBlockDtype } from './blockTypes.ts';
import { crc32 } from './crc32.ts';
import { dequantizeBlocks } from './ggufBlocks.ts';

interface Case {
  type: BlockType;
  offset: number;
  sizeBytes: number;
  count: number;
  crc32: number;
  first: number[];
}

const fixture = (name: string) => readFileSync(new URL(`../../e2e/fixtures/gguf/${name}`, import.meta.url));
const bytes = new Uint8Array(fixture('blocks.bin'));
const cases: Case[] = JSON.parse(fixture('blocks.json').toString());

test('the fixture has every type', () => {
  expect(cases.map(({ type }) => type).sort()).toEqual(Object.keys(BLOCK_TYPES).sort());
  expect(isBlockDtype('Q4_K')).toBe(true);
  expect(isBlockDtype('F16')).toBe(false);
});

test.each(cases)(
  '$type: the bits that the gguf package dequantizes to',
  ({ type, offset, sizeBytes, count, ...made }) => {
    const values = dequantizeBlocks(bytes.subarray(offset, offset + sizeBytes), type, count);
    const { elements } = BLOCK_TYPES[type];
    expect([...values.slice(count - elements, count - elements + 4)]).toEqual(made.first);
    expect(crc32(new Uint8Array(values.buffer))).toBe(made.crc32);
  },
);

test('refuses part of a block', () => {
  expect(() => dequantizeBlocks(bytes.subarray(0, 18), 'Q4_0', 31)).toThrow('expected 31 elements as whole Q4_0');
  expect(() => dequantizeBlocks(bytes.subarray(0, 17), 'Q4_0', 32)).toThrow('got 17 bytes');
});
