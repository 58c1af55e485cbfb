import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convertFloats, fromFloat32, isFloatDtype, toFloat32 } from './dtypes.ts';

const allHalves = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const halfBytes = new Uint8Array(allHalves.buffer);

/** The value of an f16 or bf16 by definition, from its fields. */
function valueOfBits(bits: number, exponentBits: number): number {
  const mantissaBits = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const bitsOf = (bytes: Uint8Array<ArrayBuffer>) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

const formats = [
  ['F16', 5, 0x7c00],
  ['BF16', 8, 0x7f80],
] as const;

test.each(formats)(
  'every one of the 65,536 %s widens to its value, and back to its bits',
  (dtype, exponentBits, infinity) => {
    const wide = toFloat32(halfBytes, dtype);
    const back = bitsOf(fromFloat32(wide, dtype));
    for (let i = 0; i < 65_536; i++) {
      if (!Object.is(wide[i], valueOfBits(i, exponentBits))) expect.fail(`${i}: got ${wide[i]}`);
      const isNan = (i & 0x7fff) > infinity;
      if (isNan ? (back[i]! & 0x7fff) <= infinity || back[i]! >> 15 !== i >> 15 : back[i] !== i) {
        expect.fail(`${i}: came back as ${back[i]}`);
      }
    }
  },
);

test.each(formats)(
  '%s rounds to nearest even at every boundary between two neighbours',
  (dtype, exponentBits, infinity) => {
    const inputs: number[] = [];
    const expected: number[] = [];
    const neighbour = new Float32Array(1);
    const neighbourBits = new Uint32Array(neighbour.buffer);
    for (let low = 0; low < infinity; low++) {
      // The last boundary lies where the next value would be if the exponent went on.
      const step =
        low + 1 === infinity ? valueOfBits(low, exponentBits) - valueOfBits(low - 1, exponentBits) : undefined;
      const high = step === undefined ? valueOfBits(low + 1, exponentBits) : valueOfBits(low, exponentBits) + step;
      const middle = valueOfBits(low, exponentBits) / 2 + high / 2;
      for (const [ulps, result] of [
        [-1, low],
        [0, low + (low & 1)],
        [1, low + 1],
      ] as const) {
        neighbour[0] = middle;
        neighbourBits[0] = neighbourBits[0]! + ulps;
        inputs.push(neighbour[0]!, -neighbour[0]!);
        expected.push(result, result | 0x8000);
      }
    }
    const rounded = bitsOf(fromFloat32(new Float32Array(inputs), dtype));
    for (const [i, bits] of expected.entries()) {
      if (rounded[i] !== bits) expect.fail(`${inputs[i]}: expected ${bits}, got ${rounded[i]}`);
    }
  },
);

test('f32 bits pass through any address, and halves convert into each other by way of f32', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true }), fc.nat(3), (values, shift) => {
      const moved = new Uint8Array(values.byteLength + shift);
      moved.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), shift);
      expect(toFloat32(moved.subarray(shift), 'F32')).toEqual(new Float32Array(values));
      const half = convertFloats(moved.subarray(shift), 'F32', 'F16');
      expect(convertFloats(half, 'F16', 'BF16')).toEqual(fromFloat32(toFloat32(half, 'F16'), 'BF16'));
      const movedHalf = new Uint8Array([0, ...half]).subarray(1);
      expect(toFloat32(movedHalf, 'F16')).toEqual(toFloat32(half, 'F16'));
    }),
  );
});

test('values outside the range, and specials', () => {
  const specials = new Float32Array([1e30, -1e30, 1e-30, -1e-30, Infinity, -Infinity, Number.NaN, 3.4028235e38]);
  expect([...toFloat32(fromFloat32(specials, 'F16'), 'F16')]).toEqual([
    Infinity,
    -Infinity,
    0,
    -0,
    Infinity,
    -Infinity,
    Number.NaN,
    Infinity,
  ]);
  expect(toFloat32(fromFloat32(specials, 'BF16'), 'BF16')[7]).toBe(Infinity);
  expect(toFloat32(fromFloat32(specials, 'BF16'), 'BF16')[6]).toBeNaN();
});

test('half a value is refused, integers are not floats', () => {
  expect(() => convertFloats(new Uint8Array(3), 'F16', 'F32')).toThrow('expected whole F16 values, got 3 bytes');
  expect(isFloatDtype('BF16')).toBe(true);
  expect(isFloatDtype('I64')).toBe(false);
});

test('converts at least 50 MB of f32 a second, each way', () => {
  const values = Float32Array.from({ length: 4 << 20 }, (_, i) => Math.sin(i) / 30);
  for (const dtype of ['F16', 'BF16'] as const) {
    fromFloat32(values.slice(0, 1000), dtype);
    const start = performance.now();
    toFloat32(fromFloat32(values, dtype), dtype);
    const megabytesPerSecond = (2 * values.byteLength) / 1e3 / (performance.now() - start);
    expect(megabytesPerSecond).toBeGreaterThan(50);
  }
});
