import { expect, test } from 'vitest';
import { blobSource, bytesSource, readChunks, readText, sliceSource } from './byteSource.ts';
import { readGgufHeader } from './gguf.ts';
import { readSafetensorsHeader } from './safetensors.ts';
import { openZip } from './zipReader.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const sources = [
  bytesSource(bytes, 'a.bin'),
  blobSource(new Blob([bytes]), 'a.bin'),
  sliceSource(bytesSource(new Uint8Array([9, 9, ...bytes, 9]), 'outer.bin'), 2, 100, 'a.bin'),
];

test.each(sources)('reads the asked range and refuses any other, by name', async (source) => {
  expect(source.sizeBytes).toBe(100);
  expect(await source.read(10, 3)).toEqual(Uint8Array.of(10, 11, 12));
  expect(await source.read(100, 0)).toEqual(new Uint8Array());
  for (const [offset, length] of [
    [99, 2],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
    [2 ** 60, 1],
  ] as const) {
    await expect(source.read(offset, length)).rejects.toThrow(/^a\.bin: expected bytes/);
  }
});

test('a read is a copy', async () => {
  const source = bytesSource(bytes, 'a.bin');
  (await source.read(0, 1))[0] = 77;
  expect(await source.read(0, 1)).toEqual(Uint8Array.of(0));
});

test.each(sources)('chunks cover the file once, in order', async (source) => {
  const sizes: number[] = [];
  const all: number[] = [];
  for await (const chunk of readChunks(source, 33)) {
    sizes.push(chunk.length);
    all.push(...chunk);
  }
  expect(sizes).toEqual([33, 33, 33, 1]);
  expect(all).toEqual([...bytes]);
});

test('text is UTF-8, and not too long', async () => {
  expect(await readText(bytesSource(new TextEncoder().encode('½ é'), 't.txt'))).toBe('½ é');
  await expect(readText(bytesSource(Uint8Array.of(0xff), 't.txt'))).rejects.toThrow('t.txt: expected UTF-8');
  await expect(readText(bytesSource(bytes, 't.txt'), 99)).rejects.toThrow('t.txt: expected at most 99 bytes');
});

test('what Git leaves in the place of a large file is told as that, whatever it stands for', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n';
  const file = bytesSource(new TextEncoder().encode(pointer), 'x');
  for (const open of [readText, readSafetensorsHeader, readGgufHeader, openZip]) {
    await expect(open(file)).rejects.toThrow('x: is a pointer that Git LFS left in the place of the file');
  }
});
