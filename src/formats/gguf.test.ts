import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ByteSource, bytesSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { readGgufHeader } from './gguf.ts';
import { ggufFolder, openGgufWeights } from './ggufModel.ts';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/gguf/${name}`, import.meta.url)));

type Part = number | bigint | string | Uint8Array;

/** u32 for numbers, u64 for bigints, strings with their length before them. */
function bytesOf(...parts: Part[]): Uint8Array {
  const bytes = parts.flatMap((part) => {
    if (part instanceof Uint8Array) return [...part];
    if (typeof part === 'number') return [...new Uint8Array(Uint32Array.of(part).buffer)];
    if (typeof part === 'bigint') return [...new Uint8Array(BigUint64Array.of(part).buffer)];
    const text = new TextEncoder().encode(part);
    return [...new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer), ...text];
  });
  return Uint8Array.from(bytes);
}

const MAGIC = 0x4655_4747;
const u32 = (key: string, value: number): Part[] => [key, 4, value];
const tensor = (name: string, type: number, shape: readonly number[], offset = 0n): Part[] => [
  name,
  shape.length,
  ...shape.map(BigInt),
  type,
  offset,
];

interface File {
  version?: number;
  keys?: Part[][];
  tensors?: Part[][];
  dataBytes?: number;
}

function fileOf({ version = 3, keys = [], tensors = [], dataBytes = 64 }: File): ByteSource {
  const counts = [BigInt(tensors.length), BigInt(keys.length)];
  const header = bytesOf(MAGIC, version, ...counts, ...keys.flat(), ...tensors.flat());
  const file = new Uint8Array(Math.ceil(header.length / 32) * 32 + dataBytes);
  file.set(header);
  return bytesSource(file, 'x.gguf');
}

test('reads metadata of every type and where tensors lie', async () => {
  const flag = Uint8Array.of(1);
  const source = fileOf({
    version: 2,
    keys: [
      ['a.flag', 7, flag],
      ['a.half', 3, Uint8Array.of(0xfe, 0xff)],
      ['a.float', 6, new Uint8Array(Float32Array.of(0.5).buffer)],
      ['a.double', 12, new Uint8Array(Float64Array.of(1e300).buffer)],
      ['a.large', 10, 2n ** 40n],
      ['a.text', 8, 'ﬁne ½'],
      ['a.texts', 9, 8, 2n, 'one', ''],
      ['a.numbers', 9, 5, 2n, 0xffff_ffff, 7],
      ['a.flags', 9, 7, 1n, flag],
      u32('general.alignment', 64),
    ],
    tensors: [tensor('w', 2, [32, 3]), tensor('b', 0, [5], 64n)],
    dataBytes: 256,
  });
  const { metadata, tensors } = await readGgufHeader(source);
  expect([...metadata]).toEqual([
    ['a.flag', true],
    ['a.half', -2],
    ['a.float', 0.5],
    ['a.double', 1e300],
    ['a.large', 2 ** 40],
    ['a.text', 'ﬁne ½'],
    ['a.texts', ['one', '']],
    ['a.numbers', Int32Array.of(-1, 7)],
    ['a.flags', flag],
    ['general.alignment', 64],
  ]);
  const { offset = 0 } = tensors.get('w') ?? {};
  expect(offset % 64).toBe(0);
  expect([...tensors.values()]).toEqual([
    { name: 'w', dtype: 'Q4_0', shape: [3, 32], offset, sizeBytes: 54 },
    { name: 'b', dtype: 'F32', shape: [5], offset: offset + 64, sizeBytes: 20 },
  ]);
});

const header = (...parts: Part[]) => {
  const bytes = bytesOf(MAGIC, 3, ...parts);
  return bytesSource(Uint8Array.from([...bytes, ...new Uint8Array(64)]), 'x.gguf');
};

test.each<[string, ByteSource, RegExp]>([
  ['another file', bytesSource(new Uint8Array(64), 'x.gguf'), /this is no GGUF file/],
  ['an empty file', bytesSource(new Uint8Array(3), 'x.gguf'), /got a file of 3 bytes/],
  ['version 1', fileOf({ version: 1 }), /GGUF version 1 is not read/],
  ['big-endian', fileOf({ version: 3 << 24 }), /a big-endian GGUF file; take the little-endian one/],
  ['too many keys', header(0n, 2n ** 40n), /metadata: expected 1099511627776 of at least 13 bytes/],
  ['too many tensors', header(2n ** 30n, 0n), /tensors: expected 1073741824 of at least 32 bytes/],
  ['a count past 2^53', header(2n ** 60n, 0n), /the number of tensors: 1152921504606846976 is out of range/],
  ['a long key', header(0n, 1n, 2n ** 33n), /metadata key 0: expected at most 65536 bytes of text, got 8589934592/],
  ['a long text', fileOf({ keys: [['k', 8, 2n ** 20n]] }), /k: expected 1048576 of at least 1 bytes/],
  ['a long list', fileOf({ keys: [['k', 9, 4, 2n ** 50n]] }), /k: expected 1125899906842624 of at least 4 bytes/],
  ['a long list of texts', fileOf({ keys: [['k', 9, 8, 2n ** 31n]] }), /k: expected 2147483648 of at least 8 bytes/],
  ['a list of lists', fileOf({ keys: [['k', 9, 9, 1n, 4, 1n, 7]] }), /k: a list of values of type 9 is not read/],
  ['an unknown value type', fileOf({ keys: [['k', 13, 0]] }), /k: unknown value type 13/],
  ['a flag of 2', fileOf({ keys: [['k', 7, Uint8Array.of(2)]] }), /k: expected a flag of 0 or 1, got 2/],
  ['text that is not UTF-8', fileOf({ keys: [['k', 8, 1n, Uint8Array.of(0xff)]] }), /k: expected UTF-8 text/],
  ['a key twice', fileOf({ keys: [u32('k', 1), u32('k', 2)] }), /the metadata key "k" appears twice/],
  ['an odd alignment', fileOf({ keys: [u32('general.alignment', 24)] }), /expected a power of two, got 24/],
  ['no alignment', fileOf({ keys: [u32('general.alignment', 0)] }), /expected a power of two, got 0/],
  ['a tensor twice', fileOf({ tensors: [tensor('w', 0, [4]), tensor('w', 0, [4], 32n)] }), /tensor "w" appears twice/],
  ['no dimensions', fileOf({ tensors: [['w', 0, 0, 0n, 0n, 0n]] }), /expected 1 to 4 dimensions, got 0/],
  ['five dimensions', fileOf({ tensors: [tensor('w', 0, [1, 1, 1, 1, 1])] }), /1 to 4 dimensions, got 5/],
  ['sizes that overflow', fileOf({ tensors: [tensor('w', 0, [2 ** 40, 2 ** 40])] }), /no tensor has the shape/],
  ['an empty tensor', fileOf({ tensors: [tensor('w', 0, [0, 4])] }), /no tensor has the shape \[4,0\]/],
  [
    'a type that is not read',
    fileOf({ tensors: [tensor('w', 17, [256])] }),
    /IQ2_XS is not supported; take a Q4_K_M or/,
  ],
  ['a type that files no longer have', fileOf({ tensors: [tensor('w', 31, [256])] }), /Q4_0_4_4 is not supported/],
  ['an unknown type', fileOf({ tensors: [tensor('w', 99, [4])] }), /tensor "w": unknown type 99/],
  ['part of a block', fileOf({ tensors: [tensor('w', 12, [128])] }), /rows of 128 are no whole Q4_K blocks of 256/],
  ['an unaligned tensor', fileOf({ tensors: [tensor('w', 0, [4], 8n)] }), /offset 8 is not a multiple of 32/],
  ['tensors that overlap', fileOf({ tensors: [tensor('v', 0, [16]), tensor('w', 0, [4], 32n)] }), /"w" overlaps/],
  ['a tensor past the end', fileOf({ tensors: [tensor('w', 0, [64])] }), /cut short, fetch it again/],
])('refuses %s', async (_, source, message) => {
  const reading = readGgufHeader(source);
  await expect(reading).rejects.toThrow(FormatError);
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.toThrow(/^x\.gguf: /);
});

/** Opens everything that can be opened without a GPU; only a FormatError may come out. */
async function openAll(bytes: Uint8Array): Promise<'opened' | 'refused'> {
  try {
    const source = bytesSource(bytes, 'x.gguf');
    await ggufFolder([source]);
    const { tensors } = await openGgufWeights([source]);
    for (const { source: rows, info } of tensors.values()) await rows.read(info.offset, Math.min(64, info.sizeBytes));
    return 'opened';
  } catch (error) {
    if (error instanceof FormatError) return 'refused';
    throw error;
  }
}

const small = fixture('llama-rope-llama3.gguf');

test('a file cut short anywhere is refused by name', async () => {
  expect(await openAll(small)).toBe('opened');
  const headerBytes = small.length - 88_000;
  for (let size = 0; size < small.length; size += size < headerBytes ? 3 : 997) {
    expect(await openAll(small.subarray(0, size)), `${size} bytes`).toBe('refused');
  }
});

test('whatever is changed in a header, nothing but a FormatError comes of it', async () => {
  const headerBytes = small.length - 88_000;
  const change = fc.record({
    at: fc.integer({ min: 0, max: headerBytes }),
    with: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  });
  const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
    const bytes = small.slice();
    for (const { at, with: other } of changes) bytes.set(other, at);
    await openAll(bytes);
  });
  await fc.assert(property, { numRuns: 1500, seed: 7 });
});
