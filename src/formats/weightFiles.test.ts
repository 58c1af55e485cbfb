import { expect, test } from 'vitest';
import { type ByteSource, bytesSource } from './byteSource.ts';
import { type TensorEntry, writeSafetensors } from './safetensors.ts';
import { openWeightFiles, planShards } from './weightFiles.ts';

const entry = (name: string, values: number): TensorEntry => ({
  name,
  dtype: 'F32',
  shape: [values],
  bytes: async () => new Uint8Array(values * 4).fill(values),
});

async function fileOf(name: string, entries: TensorEntry[]): Promise<ByteSource> {
  const chunks: Uint8Array[] = [];
  await writeSafetensors(entries, async (chunk) => void chunks.push(chunk));
  return bytesSource(Buffer.concat(chunks), name);
}

const textFile = (name: string, value: unknown) => bytesSource(new TextEncoder().encode(JSON.stringify(value)), name);
const indexName = 'model.safetensors.index.json';
const shard1 = 'model-00001-of-00002.safetensors';
const shard2 = 'model-00002-of-00002.safetensors';

test('opens a single file, whatever folder it lies in and whatever lies beside it', async () => {
  const files = [await fileOf('my/model.safetensors', [entry('a', 2)]), textFile('my/config.json', {})];
  const { tensors } = await openWeightFiles(files);
  expect(tensors.get('a')).toMatchObject({ source: { name: 'my/model.safetensors' }, info: { shape: [2] } });
});

test('what a shard plan splits, its index opens again', async () => {
  const entries = [entry('c', 5), entry('a', 3), entry('big', 50), entry('b', 1)];
  const plan = planShards(entries, 40);
  expect(plan.shards.map(({ name, entries }) => [name, entries.map((e) => e.name).join()])).toEqual([
    ['model-00001-of-00003.safetensors', 'c,a'],
    ['model-00002-of-00003.safetensors', 'big'],
    ['model-00003-of-00003.safetensors', 'b'],
  ]);
  expect(JSON.parse(plan.indexJson ?? '').metadata).toEqual({ total_size: 59 * 4 });
  const files = await Promise.all(plan.shards.map((shard) => fileOf(shard.name, shard.entries)));
  expect(files.map((file) => file.sizeBytes)).toEqual(plan.shards.map((shard) => shard.sizeBytes));
  for (const index of [[], [bytesSource(new TextEncoder().encode(plan.indexJson), indexName)]]) {
    const { tensors } = await openWeightFiles([...index, ...files].reverse());
    expect([...tensors.keys()].sort()).toEqual(['a', 'b', 'big', 'c']);
    const { source, info } = tensors.get('big') ?? expect.fail();
    expect(await source.read(info.offset, 4)).toEqual(new Uint8Array(4).fill(50));
  }
});

test('one shard is the plain file without an index', () => {
  const plan = planShards([entry('a', 2)]);
  expect(plan.indexJson).toBeUndefined();
  expect(plan.shards.map((shard) => shard.name)).toEqual(['model.safetensors']);
});

test('where two shards have a tensor, the index says whose it is', async () => {
  const index = textFile(indexName, { weight_map: { a: shard1, b: shard2 } });
  const files = [await fileOf(shard1, [entry('a', 1)]), await fileOf(shard2, [entry('a', 2), entry('b', 1)])];
  const { tensors } = await openWeightFiles([index, ...files]);
  expect(tensors.get('a')).toMatchObject({ source: { name: shard1 }, info: { shape: [1] } });
});

test('says which file is missing or wrong', async () => {
  const index = textFile(indexName, { weight_map: { a: shard1, b: shard2 } });
  const one = await fileOf(shard1, [entry('a', 1)]);
  const two = await fileOf(shard2, [entry('b', 1)]);
  expect((await openWeightFiles([index, one, two])).tensors.size).toBe(2);
  const cases: [ByteSource[], string][] = [
    [[], 'model.safetensors: missing; got no files'],
    [[textFile('config.json', {})], 'model.safetensors: missing; got config.json'],
    [[index, one], `${shard2}: missing, though ${indexName} asks for it`],
    [[one], `${shard2}: missing, though ${shard1} asks for it`],
    [[index, one, await fileOf(shard2, [entry('x', 1)])], `${shard2}: lacks the tensor b`],
    [[index, await fileOf(shard1, [entry('b', 1)]), await fileOf(shard2, [entry('a', 1)])], 'lacks the tensor a'],
    [[one, await fileOf(shard2, [entry('a', 1), entry('b', 1)])], `holds the tensor a, as ${shard1} does`],
    [[textFile(indexName, {})], `${indexName}: expected weight_map to be an object`],
    [[textFile(indexName, { weight_map: { a: 3 } })], 'expected the shard of a to be a file name, got 3'],
    [[textFile(indexName, { weight_map: { a: '../x' } })], 'expected the shard of a to be a file name'],
    [
      [await fileOf('x.safetensors', []), await fileOf('y.safetensors', [])],
      'of x.safetensors, y.safetensors choose one',
    ],
    [[one, one], `${shard1}: two files have this name`],
  ];
  for (const [files, message] of cases) await expect(openWeightFiles(files)).rejects.toThrow(message);
});
