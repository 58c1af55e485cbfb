import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import { readNpy, writeNpy } from './npy.ts';

function fixture(name: string) {
  return new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/formats/${name}`, import.meta.url)));
}

test.each([
  ['matrix.npy', [2, 3], [0, 0.25, 0.5, 0.75, 1, 1.25]],
  ['vector.npy', [3], [0, 0.25, 0.5]],
  ['scalar.npy', [], [2.5]],
])("reads NumPy's %s and writes the same bytes", async (name, shape, values) => {
  const array = await readNpy(bytesSource(fixture(name), name));
  expect(array).toEqual({ shape, values: new Float32Array(values) });
  expect(writeNpy(array)).toEqual(fixture(name));
});

test('refuses other kinds of array, and a shape that the values do not fill', async () => {
  await expect(readNpy(bytesSource(fixture('fortran.npy'), 'f.npy'))).rejects.toThrow(
    'f.npy: expected a float32 array',
  );
  await expect(readNpy(bytesSource(fixture('double.npy'), 'd.npy'))).rejects.toThrow('d.npy: expected a float32 array');
  const short = bytesSource(fixture('matrix.npy').slice(0, -1), 'm.npy');
  await expect(readNpy(short)).rejects.toThrow('m.npy: expected 6 values for [2, 3], got 23 bytes');
  await expect(readNpy(bytesSource(new Uint8Array(20), 'z.npy'))).rejects.toThrow('z.npy: expected a .npy file');
  expect(() => writeNpy({ shape: [2], values: new Float32Array(3) })).toThrow('expected 2 values for [2], got 3');
});

test('changed bytes give an array that fills its shape, or a FormatError', async () => {
  const original = fixture('matrix.npy');
  const change = fc.tuple(fc.nat(original.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 3 }), async (changes) => {
      const bytes = original.slice();
      for (const [at, value] of changes) bytes[at] = value;
      try {
        const { shape, values } = await readNpy(bytesSource(bytes, 'x.npy'));
        expect(shape.reduce((product, size) => product * size, 1)).toBe(values.length);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 500 },
  );
});
