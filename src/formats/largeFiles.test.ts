// Files past 2 and 4 GB, whose bytes nobody holds: a header, zeros, and numbers where a test looks.
import { expect, test } from 'vitest';
import { type ByteSource, checkRange } from './byteSource.ts';
import { readGgufHeader } from './gguf.ts';
import { type GgufTensor, ggufEntry } from './ggufWriter.ts';
import { planSafetensors, readSafetensorsHeader } from './safetensors.ts';
import { readFloats } from './storedFloats.ts';
import { planShards } from './weightFiles.ts';

/** A file that begins with `head`, goes on in zeros, and ends in `tail`. */
function sparse(name: string, sizeBytes: number, head: Uint8Array, tail: Uint8Array): ByteSource {
  const tailStart = sizeBytes - tail.length;
  return {
    name,
    sizeBytes,
    async read(offset, length) {
      checkRange(name, sizeBytes, offset, length);
      expect(length).toBeLessThan(1 << 22);
      return Uint8Array.from({ length }, (_, i) => head[offset + i] ?? tail[offset + i - tailStart] ?? 0);
    },
  };
}

const LAST = Float32Array.of(1, -2, 3, 4.5);
const LAST_BYTES = new Uint8Array(LAST.buffer);
/** f32 [128256, 4096]: 2.1 GB each, so that `z` lies behind 2^31 and 2^32. */
const TABLE = [128_256, 4096] as const;

test('safetensors: tensors behind 2 and 4 GB are found, and those before them', async () => {
  const tables = ['a', 'b', 'c'].map((name) => ({ name, dtype: 'F32' as const, shape: TABLE }));
  const { header, sizeBytes } = planSafetensors([...tables, { name: 'z', dtype: 'F32', shape: [4] }]);
  const source = sparse('model.safetensors', sizeBytes, header, LAST_BYTES);
  const { tensors } = await readSafetensorsHeader(source);
  const [b, c, z] = ['b', 'c', 'z'].map((name) => tensors.get(name) ?? expect.fail());
  expect(b?.offset).toBe(header.length + 2_101_346_304);
  expect(c?.offset).toBe(header.length + 4_202_692_608);
  expect(await readFloats({ source, info: z! }, 0, 4)).toEqual(LAST);
  expect(await readFloats({ source, info: c! }, 128_256 * 4096 - 4, 4)).toEqual(new Float32Array(4));
});

test('shards: of 2 GB at most, a larger tensor in one of its own', () => {
  const layer = (i: number) => ({ name: `layers.${i}`, dtype: 'F32' as const, shape: [16_384, 8192] });
  const tables = ['embed', 'head'].map((name) => ({ name, dtype: 'F32' as const, shape: TABLE }));
  const { shards, indexJson } = planShards([tables[0]!, layer(0), layer(1), layer(2), layer(3), tables[1]!]);
  const names = shards.map(({ entries }) => entries.map(({ name }) => name));
  expect(names).toEqual([['embed'], ['layers.0', 'layers.1', 'layers.2'], ['layers.3'], ['head']]);
  expect(JSON.parse(indexJson ?? '').metadata.total_size).toBe(2 * 2_101_346_304 + 4 * 536_870_912);
});

test('GGUF: written and read with tensors behind 2 and 4 GB', async () => {
  const tensor = (name: string, shape: readonly number[]): GgufTensor => ({
    name,
    dtype: 'F32',
    shape,
    bytes: () => expect.fail(),
  });
  const last = tensor('z', [8]);
  const entry = ggufEntry('model.gguf', [], [tensor('a', TABLE), tensor('b', TABLE), tensor('c', TABLE), last]);
  const pieces = entry.bytes();
  if (!(Symbol.asyncIterator in pieces)) throw new Error('expected a stream');
  const { value: head } = await pieces[Symbol.asyncIterator]().next();
  const source = sparse('model.gguf', entry.sizeBytes, head, LAST_BYTES);
  const { tensors } = await readGgufHeader(source);
  const [c, z] = ['c', 'z'].map((name) => tensors.get(name) ?? expect.fail());
  expect(c?.offset).toBe(head.length + 2 * 2_101_346_304);
  expect(z?.offset).toBe(entry.sizeBytes - 32);
  expect(await readFloats({ source, info: z! }, 4, 4)).toEqual(LAST);
});
