import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Folder, writeFile } from './folder.ts';
import { type CacheKey, openModelCache } from './modelCache.ts';
import { nodeFolder } from './testNodeFolder.ts';

let path: string;
let folder: Folder;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'rankwise-'));
  folder = nodeFolder(path);
});
afterEach(() => rmSync(path, { recursive: true }));

const key: CacheKey = { source: 'hub/gpt2', revision: 'main', file: 'model.safetensors', etag: 'a' };

async function append(cacheKey: CacheKey, sizeBytes: number, bytes: number[]) {
  const appender = await openModelCache(folder).append(cacheKey, sizeBytes);
  await appender.write(Uint8Array.from(bytes));
  await appender.close();
  return appender.sizeBytes;
}

test('a download goes on where it stopped, and the file opens once it is whole', async () => {
  const cache = openModelCache(folder);
  expect(await append(key, 5, [1, 2])).toBe(2);
  expect(await cache.open(key)).toBeUndefined();
  expect(await cache.list()).toEqual([{ ...key, sizeBytes: 5, storedBytes: 2 }]);
  expect(await append(key, 5, [3, 4, 5])).toBe(5);
  const source = await cache.open(key);
  expect(source?.name).toBe('model.safetensors');
  expect(await source?.read(1, 4)).toEqual(Uint8Array.of(2, 3, 4, 5));
});

test('a file that changed at its source is another file, and its old bytes go', async () => {
  await append(key, 2, [1, 2]);
  await append({ ...key, file: 'config.json' }, 1, [9]);
  await append({ ...key, etag: 'b' }, 2, [3]);
  const cache = openModelCache(folder);
  expect(await cache.open(key)).toBeUndefined();
  expect((await cache.list()).map(({ file, etag, storedBytes }) => `${file} ${etag} ${storedBytes}`).sort()).toEqual([
    'config.json a 1',
    'model.safetensors b 1',
  ]);
});

test('more bytes than the file has are started again', async () => {
  await append(key, 5, [1, 2, 3, 4, 5]);
  expect(await append(key, 3, [7, 8, 9])).toBe(3);
  expect(await (await openModelCache(folder).open(key))?.read(0, 3)).toEqual(Uint8Array.of(7, 8, 9));
});

test('files and whole sources are removed, others stay', async () => {
  const cache = openModelCache(folder);
  await append(key, 2, [1, 2]);
  await append({ ...key, file: 'b' }, 9, [1, 2, 3]);
  await append({ ...key, source: 'hub/other' }, 1, [5]);
  await cache.remove(key);
  expect(await cache.removeSource('hub/gpt2')).toBe(3);
  expect((await cache.list()).map((file) => file.source)).toEqual(['hub/other']);
  expect((await folder.names()).length).toBe(2);
});

test('a record that a crash cut off is no file', async () => {
  await append(key, 2, [1, 2]);
  const [record = ''] = (await folder.names()).filter((name) => name.endsWith('.json'));
  await writeFile(folder, record, new TextEncoder().encode('{"source": "hub/g'));
  const cache = openModelCache(folder);
  expect(await cache.list()).toEqual([]);
  expect(await cache.open(key)).toBeUndefined();
  await (await cache.append(key, 2)).close();
  expect(await (await cache.open(key))?.read(0, 2)).toEqual(Uint8Array.of(1, 2));
});
