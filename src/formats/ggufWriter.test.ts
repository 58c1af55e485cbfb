// What is written is read again; that gguf-py reads it too is shown by e2e/reference/check_gguf.py.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesSource } from './byteSource.ts';
import { readGgufHeader } from './gguf.ts';
import { type GgufEntry, type GgufTensor, ggufEntry } from './ggufWriter.ts';
import type { ZipEntry } from './zipWriter.ts';

async function bytesOf(entry: ZipEntry): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const bytes = entry.bytes();
  for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) chunks.push(chunk);
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

const ENTRIES: GgufEntry[] = [
  { key: 'a.u8', type: 'u8', value: 200 },
  { key: 'a.i8', type: 'i8', value: -3 },
  { key: 'a.u16', type: 'u16', value: 65_535 },
  { key: 'a.i16', type: 'i16', value: -2 },
  { key: 'a.u32', type: 'u32', value: 4_000_000_000 },
  { key: 'a.i32', type: 'i32', value: -1 },
  { key: 'a.f32', type: 'f32', value: 0.5 },
  { key: 'a.u64', type: 'u64', value: 2 ** 40 },
  { key: 'a.i64', type: 'i64', value: -(2 ** 40) },
  { key: 'a.f64', type: 'f64', value: 0.1 },
  { key: 'a.flag', type: 'bool', value: true },
  { key: 'a.text', type: 'string', value: 'Ġhéllo 🚀' },
  { key: 'a.texts', list: 'string', values: ['', '▁', 'b'] },
  { key: 'a.flags', list: 'bool', values: [true, false] },
  { key: 'a.numbers', list: 'i32', values: [1, -2, 3] },
];

const values = Uint8Array.from({ length: 34 }, (_, i) => i + 1);
const tensors: GgufTensor[] = [
  // Five f32: 20 bytes, padded to 32.
  {
    name: 'one',
    dtype: 'F32',
    shape: [5],
    bytes: async function* () {
      yield values.slice(0, 8);
      yield values.slice(8, 20);
    },
  },
  {
    name: 'two',
    dtype: 'Q8_0',
    shape: [1, 32],
    bytes: async function* () {
      yield values;
    },
  },
];

test('every type of metadata, and tensors where the header says', async () => {
  const entry = ggufEntry('tiny.gguf', ENTRIES, tensors);
  const bytes = await bytesOf(entry);
  expect(bytes.length).toBe(entry.sizeBytes);
  const { metadata, tensors: read } = await readGgufHeader(bytesSource(bytes, 'tiny.gguf'));
  expect([...metadata.keys()]).toEqual(ENTRIES.map(({ key }) => key));
  const found = [...metadata.values()].map((value) => (ArrayBuffer.isView(value) ? [...value] : value));
  expect(found).toEqual([
    ...[200, -3, 65_535, -2, 4_000_000_000, -1, 0.5, 2 ** 40, -(2 ** 40), 0.1, true, 'Ġhéllo 🚀'],
    ['', '▁', 'b'],
    [1, 0],
    [1, -2, 3],
  ]);
  const [one, two] = [read.get('one')!, read.get('two')!];
  expect(one).toMatchObject({ dtype: 'F32', shape: [5] });
  expect(two).toMatchObject({ dtype: 'Q8_0', shape: [1, 32] });
  expect([one.offset % 32, two.offset - one.offset]).toEqual([0, 32]);
  expect(bytes.slice(one.offset, one.offset + 20)).toEqual(values.slice(0, 20));
  expect(bytes.slice(two.offset, two.offset + 34)).toEqual(values);
});

test('entries are taken over from another file to the byte', async () => {
  const fixture = new Uint8Array(
    readFileSync(new URL('../../e2e/fixtures/gguf/tokenizer-smollm2.gguf', import.meta.url)),
  );
  const { metadata, entries } = await readGgufHeader(bytesSource(fixture, 'smollm2.gguf'));
  const raw = [...entries].map(([key, { offset, sizeBytes }]) => ({
    key,
    raw: fixture.subarray(offset, offset + sizeBytes),
  }));
  const bytes = await bytesOf(ggufEntry('copy.gguf', raw, []));
  expect((await readGgufHeader(bytesSource(bytes, 'copy.gguf'))).metadata).toEqual(metadata);
  expect(bytes.subarray(24, 24 + raw.reduce((sum, entry) => sum + entry.raw.length, 0))).toEqual(
    fixture.subarray(24, 24 + raw.reduce((sum, entry) => sum + entry.raw.length, 0)),
  );
});

test('metadata of any size', async () => {
  const texts = Array.from({ length: 30_000 }, (_, i) => `token ${i}`);
  const raw = Uint8Array.from({ length: 300_000 }, (_, i) => i & 255);
  const long: GgufEntry[] = [
    { key: 'a', list: 'string', values: texts },
    { key: 'b', type: 'string', value: 'x'.repeat(1 << 20) },
  ];
  const { metadata } = await readGgufHeader(bytesSource(await bytesOf(ggufEntry('long.gguf', long, [])), 'long.gguf'));
  expect(metadata.get('a')).toEqual(texts);
  expect(await bytesOf(ggufEntry('raw.gguf', [{ key: 'c', raw }], []))).toHaveLength(
    24 + Math.ceil((raw.length - 8) / 32) * 32 + 8,
  );
});

test('a tensor of other bytes than its shape says is an error', async () => {
  const short: GgufTensor = {
    name: 'short',
    dtype: 'F16',
    shape: [3],
    bytes: async function* () {
      yield values.slice(0, 4);
    },
  };
  await expect(bytesOf(ggufEntry('short.gguf', [], [short]))).rejects.toThrow('short: expected 6 bytes, got 4');
});
