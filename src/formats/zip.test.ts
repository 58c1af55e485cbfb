import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ByteSource, bytesSource, readText } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { openZip, type ZipLimits } from './zipReader.ts';
import { type ZipEntry, zipSizeBytes, zipStream } from './zipWriter.ts';

const fixture = new Uint8Array(readFileSync(new URL('../../e2e/fixtures/formats/python.zip', import.meta.url)));

async function zipOf(entries: ZipEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(zipStream(entries, new Date(2026, 0, 2))).arrayBuffer());
}

const textEntry = (name: string, text: string): ZipEntry => {
  const bytes = new TextEncoder().encode(text);
  return { name, sizeBytes: bytes.length, bytes: async () => bytes };
};

const open = (bytes: Uint8Array, limits?: ZipLimits) => openZip(bytesSource(bytes, 'x.zip'), limits);

test("reads what Python's zipfile wrote: stored, deflated, zip64, folders and a comment", async () => {
  const files = await open(fixture);
  expect(await Promise.all(files.map(async (file) => [file.name, await readText(file)]))).toEqual([
    ['folder/stored.txt', 'stored'],
    ['folder/empty.txt', ''],
    ['folder/½.txt', 'deflated '.repeat(1000)],
    ['folder/wide.txt', 'zip64'],
  ]);
  const deflated = files[2] ?? expect.fail();
  expect(new TextDecoder().decode(await deflated.read(8995, 5))).toBe('ated ');
  await expect(deflated.read(8995, 6)).rejects.toThrow('folder/½.txt: expected bytes');
});

test('any folder survives a round trip, and its size is known before', async () => {
  const name = fc
    .string({ unit: fc.constantFrom('a', 'B', '½', '😀', '-', '.x') })
    .filter((part) => !/^\.{0,2}$/.test(part));
  const names = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const file = fc.record({ name: names, pieces: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(file, { selector: (f) => f.name, maxLength: 5 }), async (files) => {
      const entries = files.map(({ name, pieces }) => ({
        name,
        sizeBytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
        async *bytes() {
          yield* pieces;
        },
      }));
      const zip = await zipOf(entries);
      expect(zip.length).toBe(zipSizeBytes(entries));
      const opened = await open(zip);
      expect(opened.map((source) => source.name)).toEqual(files.map((f) => f.name));
      for (const [i, source] of opened.entries()) {
        expect([...(await source.read(0, source.sizeBytes))]).toEqual((files[i]?.pieces ?? []).flatMap((p) => [...p]));
      }
    }),
    { numRuns: 100 },
  );
});

test('writing refuses names that repeat or leave the folder, and entries of another size than they said', async () => {
  expect(() => zipStream([textEntry('a', ''), textEntry('a', '')])).toThrow('zip: holds "a" twice');
  for (const name of ['../a', '/a', 'a/../../b', 'C:/a', 'a\\b', 'a//b', '', 'a/', '.', 'a\0']) {
    expect(() => zipStream([textEntry(name, '')])).toThrow('it leaves its folder');
  }
  const many = Array.from({ length: 65_535 }, (_, i) => textEntry(`${i}`, ''));
  expect(() => zipStream(many)).toThrow('zip: expected at most 65534 files, got 65535');
  for (const sizeBytes of [2, 4]) {
    await expect(zipOf([{ ...textEntry('a', 'abc'), sizeBytes }])).rejects.toThrow(
      `zip: a: expected ${sizeBytes} bytes`,
    );
  }
});

/** The archive with `from` in its names or bytes replaced by `to` of the same length. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return new Uint8Array(Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(from, to), 'latin1'));
}

test('reading refuses names that repeat or leave the folder', async () => {
  const zip = await zipOf([textEntry('aa/bb', 'x'), textEntry('aa/cc', 'y')]);
  await expect(open(replaced(zip, 'aa/cc', 'aa/bb'))).rejects.toThrow('x.zip: holds "aa/bb" twice');
  for (const name of ['../cc', '/a/cc', 'a//cc', 'C:/cc', 'aa/..']) {
    await expect(open(replaced(zip, 'aa/cc', name))).rejects.toThrow(
      `x.zip: refused the entry ${JSON.stringify(name)}`,
    );
  }
});

test('reading takes names as old zips of Windows have them, and leaves out what macOS adds', async () => {
  const zip = await zipOf([textEntry('aa/bb', 'x'), textEntry('ab/cc', 'y'), textEntry('__MACOSX/aa/._bb', 'z')]);
  const files = await open(replaced(replaced(zip, 'aa/bb', 'aa\\bb'), 'ab/cc', 'a\xe9/cc'));
  expect(files.map(({ name }) => name)).toEqual(['aa/bb', 'aé/cc']);
});

test('reading keeps its limits, and refuses what it does not know', async () => {
  await expect(open(fixture, { maxTotalBytes: 9010 })).rejects.toThrow('at most 9010 bytes unpacked, got 9011');
  await expect(open(fixture, { maxInflatedBytes: 8999 })).rejects.toThrow('pack it again without compression');
  await expect(open(fixture, { maxEntries: 4 })).rejects.toThrow('at most 4 entries, got 5');
  await expect(open(fixture.slice(0, -1))).rejects.toThrow('expected a zip archive');
  await expect(open(new Uint8Array())).rejects.toThrow('expected a zip archive');
  const directory = Buffer.from(fixture).indexOf('PK\u0001\u0002');
  const patched = (offset: number, value: number, entry = 1) => {
    const bytes = fixture.slice();
    let at = directory;
    for (let i = 0; i < entry; i++) at = Buffer.from(bytes).indexOf('PK\u0001\u0002', at + 4);
    bytes[at + offset] = value;
    return bytes;
  };
  await expect(open(patched(8, 1))).rejects.toThrow('folder/stored.txt is encrypted');
  await expect(open(patched(10, 14))).rejects.toThrow('compression method 14');
  await expect(open(patched(24, 7))).rejects.toThrow('cannot unpack from 6 to 7 bytes');
  await expect(open(patched(26, 0xff, 3))).rejects.toThrow('cannot unpack');
  const readDeflated = async (bytes: Uint8Array) => readText((await open(bytes))[2] ?? expect.fail());
  await expect(readDeflated(patched(16, 0, 3))).rejects.toThrow('checksum does not match');
  await expect(readDeflated(patched(25, 0x20, 3))).rejects.toThrow('unpacks to more than');
  await expect(readDeflated(patched(25, 0x24, 3))).rejects.toThrow('got 9000; it is damaged');
});

test('a shard over 4 GB is read through zip64 without being held', async () => {
  const sizeBytes = 2 ** 32 + 10;
  const tail = await zipOf([textEntry('a', 'x')]);
  const central = 30 + 1 + 1 + 16;
  const head = tail.slice(0, 31);
  const record = new Uint8Array(47 + 28);
  record.set(tail.subarray(central, central + 47));
  const view = new DataView(record.buffer);
  view.setUint32(20, 0xffff_ffff, true);
  view.setUint32(24, 0xffff_ffff, true);
  view.setUint16(30, 20, true);
  view.setUint16(47, 1, true);
  view.setUint16(49, 16, true);
  view.setBigUint64(51, BigInt(sizeBytes), true);
  view.setBigUint64(59, BigInt(sizeBytes), true);
  const directory = record.subarray(0, 47 + 20);
  const directoryOffset = 31 + sizeBytes;
  const end = new DataView(new ArrayBuffer(56 + 20 + 22));
  end.setUint32(0, 0x06064b50, true);
  end.setBigUint64(32, 1n, true);
  end.setBigUint64(40, BigInt(directory.length), true);
  end.setBigUint64(48, BigInt(directoryOffset), true);
  end.setUint32(56, 0x07064b50, true);
  end.setBigUint64(64, BigInt(directoryOffset + directory.length), true);
  end.setUint32(76, 0x06054b50, true);
  end.setUint16(86, 0xffff, true);
  end.setUint32(88, 0xffff_ffff, true);
  end.setUint32(92, 0xffff_ffff, true);
  const rear = new Uint8Array(Buffer.concat([directory, new Uint8Array(end.buffer)]));
  const sparse: ByteSource = {
    name: 'big.zip',
    sizeBytes: directoryOffset + rear.length,
    async read(offset, length) {
      expect(length).toBeLessThan(1 << 20);
      return Uint8Array.from({ length }, (_, i) => head[offset + i] ?? rear[offset + i - directoryOffset] ?? 7);
    },
  };
  const [file] = await openZip(sparse);
  expect(file).toMatchObject({ name: 'a', sizeBytes });
  expect(await file?.read(sizeBytes - 2, 2)).toEqual(Uint8Array.of(7, 7));
});

test('bytes changed or cut at random give readable files, or a FormatError', async () => {
  const change = fc.tuple(fc.nat(fixture.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(fixture.length), async (changes, length) => {
      const bytes = fixture.slice(0, length % 4 === 0 ? length : undefined);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        for (const file of await open(bytes)) expect((await file.read(0, file.sizeBytes)).length).toBe(file.sizeBytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 1000 },
  );
});
