import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { planSafetensors, readSafetensorsHeader, type TensorEntry, writeSafetensors } from './safetensors.ts';

const fixture = new Uint8Array(readFileSync(new URL('../../e2e/fixtures/formats/mixed.safetensors', import.meta.url)));

/** A file with this header text and `dataBytes` zero bytes behind it. */
function fileOf(header: string | object, dataBytes = 0, headerBytes?: bigint) {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, headerBytes ?? BigInt(json.length), true);
  file.set(json, 8);
  return bytesSource(file, 'x.safetensors');
}

const f32 = (start: number, end: number, shape = [(end - start) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [start, end],
});

async function collect(entries: TensorEntry[], metadata?: Record<string, string>) {
  const chunks: Uint8Array[] = [];
  const sizeBytes = await writeSafetensors(entries, async (chunk) => void chunks.push(chunk.slice()), metadata);
  const bytes = new Uint8Array(Buffer.concat(chunks));
  expect(bytes.length).toBe(sizeBytes);
  return bytes;
}

test('reads what the Python library wrote', async () => {
  const source = bytesSource(fixture, 'mixed.safetensors');
  const { metadata, tensors } = await readSafetensorsHeader(source);
  expect([...metadata]).toEqual([['format', 'pt']]);
  expect(tensors.size).toBe(26);
  const ramp = tensors.get('model.layers.10.weight');
  expect(ramp).toMatchObject({ dtype: 'F32', shape: [3, 5], sizeBytes: 60 });
  const bytes = await source.read(ramp?.offset ?? -1, 60);
  expect([...new Float32Array(bytes.buffer)]).toEqual(Array.from({ length: 15 }, (_, i) => i / 4 - 1));
  expect(tensors.get('scalar')).toMatchObject({ shape: [], sizeBytes: 4 });
  expect(tensors.get('empty')).toMatchObject({ shape: [0, 4], sizeBytes: 0 });
});

test('writes the same bytes as the Python library, in whatever order and pieces the tensors come', async () => {
  const source = bytesSource(fixture, 'mixed.safetensors');
  const { tensors } = await readSafetensorsHeader(source);
  const names = [...tensors.keys()];
  for (const order of [names, [...names].sort(), [...names].reverse()]) {
    const entries = order.map((name, i): TensorEntry => {
      const info = tensors.get(name);
      if (info === undefined) throw new Error(name);
      const whole = () => source.read(info.offset, info.sizeBytes);
      async function* pieces() {
        for (const byte of await whole()) yield Uint8Array.of(byte);
      }
      return { name, dtype: info.dtype, shape: info.shape, bytes: i % 2 === 0 ? whole : pieces };
    });
    expect(await collect(entries)).toEqual(fixture);
  }
});

test('any set of tensors survives a round trip', async () => {
  const entry = fc.record({
    name: fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom('F32' as const, 'BF16' as const, 'U8' as const, 'I64' as const),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(entry, { selector: (e) => e.name, maxLength: 8 }), async (shapes) => {
      const plan = planSafetensors(shapes);
      expect(plan.header.length % 8).toBe(0);
      const sizes = new Map(plan.entries.map((e) => [e.name, e.sizeBytes]));
      const entries = shapes.map((s, i) => ({
        ...s,
        bytes: async () => new Uint8Array(sizes.get(s.name) ?? 0).fill(i + 1),
      }));
      const file = bytesSource(await collect(entries), 'x.safetensors');
      const { tensors } = await readSafetensorsHeader(file);
      expect(tensors.size).toBe(shapes.length);
      for (const [i, { name, dtype, shape }] of shapes.entries()) {
        const info = tensors.get(name);
        expect(info).toMatchObject({ name, dtype, shape });
        const bytes = await file.read(info?.offset ?? -1, info?.sizeBytes ?? -1);
        expect(bytes.every((byte) => byte === i + 1)).toBe(true);
      }
    }),
  );
});

test('a writer refuses what it cannot lay out, and data of the wrong length', async () => {
  const bytes = async () => new Uint8Array(4);
  const one = { name: 'a', dtype: 'F32', shape: [1], bytes } as const;
  await expect(collect([one, one])).rejects.toThrow('tensor a: the name appears twice');
  await expect(collect([{ ...one, name: '__metadata__' }])).rejects.toThrow('reserved');
  await expect(collect([{ ...one, shape: [-1] }])).rejects.toThrow('has no size');
  await expect(collect([{ ...one, dtype: 'F4', shape: [3] }])).rejects.toThrow('has no size');
  await expect(collect([{ ...one, shape: [2] }])).rejects.toThrow('tensor a: expected 8 bytes, got 4');
  await expect(collect([{ ...one, shape: [0] }])).rejects.toThrow('tensor a: expected 0 bytes, got 4');
});

test.each([
  ['an empty file', bytesSource(new Uint8Array(), 'x.safetensors'), /expected a safetensors header/],
  ['a header over 100 MB', fileOf('{}', 0, 100_000_001n), /at most 100 MB/],
  ['a header length near 2^64', fileOf('{}', 0, 2n ** 64n - 1n), /at most 100 MB/],
  ['a header past the end', fileOf('{}', 0, 99n), /cut short/],
  ['no brace', fileOf(' {}'), /starts with {/],
  ['no JSON', fileOf('{"a"'), /expected JSON/],
  ['not UTF-8', bytesSource(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d), 'x.safetensors'), /UTF-8/],
  ['metadata that is no object', fileOf({ __metadata__: 3 }), /object of strings/],
  ['metadata that is not text', fileOf({ __metadata__: { a: 3 } }), /__metadata__\.a/],
  ['a tensor that is no object', fileOf({ a: [] }), /tensor "a": expected an object/],
  ['an unknown dtype', fileOf({ a: { ...f32(0, 4), dtype: 'F33' } }, 4), /tensor "a": unknown dtype "F33"/],
  ['a dtype from the prototype', fileOf({ a: { ...f32(0, 4), dtype: 'toString' } }, 4), /unknown dtype/],
  ['a negative size', fileOf({ a: f32(0, 4, [-1]) }, 4), /whole numbers/],
  ['a shape that overflows', fileOf({ a: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4), /data_offsets over 4/],
  ['three offsets', fileOf({ a: { ...f32(0, 4), data_offsets: [0, 4, 8] } }, 4), /two whole numbers/],
  ['offsets that go backwards', fileOf({ a: f32(8, 4, [1]) }, 8), /backwards/],
  ['offsets against the shape', fileOf({ a: f32(0, 8, [1]) }, 8), /expected 4 bytes/],
  ['a gap', fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), /tensor "b" leaves a gap/],
  ['a gap at the start', fileOf({ a: f32(4, 8) }, 8), /tensor "a" leaves a gap/],
  ['an overlap', fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12), /tensor "b" overlaps/],
  ['data cut short', fileOf({ a: f32(0, 8) }, 7), /cut short/],
  ['data left over', fileOf({ a: f32(0, 8) }, 9), /no tensor covers/],
  ['a duplicate name', fileOf(`{"a":${JSON.stringify(f32(0, 4))},"a":${JSON.stringify(f32(4, 8))}}`, 8), /twice/],
])('refuses %s, naming the file', async (_what, source, message) => {
  const error = await readSafetensorsHeader(source).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FormatError);
  expect(String(error)).toMatch(/x\.safetensors: /);
  expect(String(error)).toMatch(message);
});

test('bytes changed or cut at random give a header that covers the file, or a FormatError', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(1600), fc.nat(255)), { maxLength: 4 }),
      fc.nat(fixture.length),
      async (changes, length) => {
        const bytes = fixture.slice(0, length % 3 === 0 ? length : undefined);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          const { tensors } = await readSafetensorsHeader(bytesSource(bytes, 'x'));
          const dataBytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.sizeBytes, 0);
          expect(dataBytes).toBe(bytes.length - 8 - Number(new DataView(bytes.buffer).getBigUint64(0, true)));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
