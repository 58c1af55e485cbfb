import { describe, expect, it } from 'vitest';
import * as reference from '../reference/attention.ts';
import { finiteDifferences } from '../reference/finiteDifferences.ts';
import { attentionBackward, attentionForward, columnsOfQkv } from './attention.ts';
import { input, OP_TOLERANCE, output, random, relativeError, runOp, runOpFor, testGpu } from './testGpu.ts';

/** Ranges for sequences of these lengths laid end to end, each row seeing at most `window` rows back. */
function ranges(lengths: readonly number[], window = Number.POSITIVE_INFINITY) {
  const keyStart: number[] = [];
  const keyEnd: number[] = [];
  const queryEnd: number[] = [];
  let first = 0;
  for (const length of lengths) {
    for (let i = first; i < first + length; i++) {
      keyStart.push(Math.max(first, i - window + 1));
      keyEnd.push(i);
      queryEnd.push(Math.min(first + length - 1, i + window - 1));
    }
    first += length;
  }
  return {
    keyStart: Uint32Array.from(keyStart),
    keyEnd: Uint32Array.from(keyEnd),
    queryEnd: Uint32Array.from(queryEnd),
  };
}

const CASES = [
  { heads: 1, kvHeads: 1, headDim: 1, lengths: [1] },
  { heads: 6, kvHeads: 2, headDim: 15, lengths: [5, 1, 17], window: 6 },
  { heads: 4, kvHeads: 1, headDim: 18, lengths: [3, 11] },
  { heads: 3, kvHeads: 3, headDim: 12, lengths: [33] },
  { heads: 2, kvHeads: 2, headDim: 96, lengths: [21] },
  { heads: 2, kvHeads: 1, headDim: 256, lengths: [20, 9] },
  { heads: 9, kvHeads: 3, headDim: 64, lengths: [40, 61] },
  // By tiles: whole sequences, packed documents, a window, sizes that no tile divides.
  { heads: 1, kvHeads: 1, headDim: 4, lengths: [4], length: 4 },
  { heads: 4, kvHeads: 2, headDim: 64, lengths: [24, 24, 24], length: 24 },
  { heads: 6, kvHeads: 2, headDim: 20, lengths: [5, 1, 30, 36], length: 36, window: 7 },
  { heads: 2, kvHeads: 1, headDim: 128, lengths: [130, 2, 3, 129], length: 132 },
];

describe.each(CASES)('attention, $heads/$kvHeads heads of $headDim, rows $lengths', (shape) => {
  const { heads, kvHeads, headDim, lengths, window, length } = { window: undefined, length: undefined, ...shape };
  const rows = lengths.reduce((sum, length) => sum + length);
  const sizes = { rows, heads, kvHeads, headDim, scale: 1 / Math.sqrt(headDim), ...(length ? { length } : {}) };
  const cols = (heads + 2 * kvHeads) * headDim;
  const qkv = random(rows * cols, 1).map((value) => value * 3);
  const dout = random(rows * heads * headDim, 2);
  const { keyStart, keyEnd, queryEnd } = ranges(lengths, window);

  it('forward agrees with its reference', async () => {
    const t = {
      ...columnsOfQkv(await input(qkv, [rows, cols]), sizes),
      keyStart: await input(keyStart, [rows]),
      keyEnd: await input(keyEnd, [rows]),
      out: await output([rows, heads * headDim]),
      lse: await output([rows, heads]),
    };
    const [out, lse] = await runOp((pass) => attentionForward(pass, t, sizes), t.out, t.lse);
    const expected = reference.attentionForward(qkv, keyStart, keyEnd, sizes);
    expect(relativeError(out!, expected.out)).toBeLessThan(OP_TOLERANCE);
    expect(relativeError(lse!, expected.lse)).toBeLessThan(OP_TOLERANCE);
  });

  it('backward gives the gradient of qkv', async () => {
    const forward = reference.attentionForward(qkv, keyStart, keyEnd, sizes);
    const t = {
      qkv: await input(qkv, [rows, cols]),
      out: await input(Float32Array.from(forward.out), [rows, heads * headDim]),
      lse: await input(Float32Array.from(forward.lse), [rows, heads]),
      dout: await input(dout, [rows, heads * headDim]),
      keyStart: await input(keyStart, [rows]),
      keyEnd: await input(keyEnd, [rows]),
      queryEnd: await input(queryEnd, [rows]),
      delta: await output([rows, heads]),
      dqkv: await output([rows, cols]),
    };
    const [dqkv] = await runOp((pass) => attentionBackward(pass, t, sizes), t.dqkv);
    const expected = reference.attentionBackward(qkv, dout, keyStart, keyEnd, sizes);
    expect(relativeError(dqkv!, expected)).toBeLessThan(OP_TOLERANCE);
  });

  it.runIf(length !== undefined)('forward and backward agree by the tiles of a GPU', async () => {
    const traits = { ...(await testGpu()).traits, isCpu: false, subgroupSize: undefined };
    const ranges = {
      keyStart: await input(keyStart, [rows]),
      keyEnd: await input(keyEnd, [rows]),
      queryEnd: await input(queryEnd, [rows]),
    };
    const t = {
      ...ranges,
      qkv: await input(qkv, [rows, cols]),
      out: await output([rows, heads * headDim]),
      lse: await output([rows, heads]),
      dout: await input(dout, [rows, heads * headDim]),
      delta: await output([rows, heads]),
      dqkv: await output([rows, cols]),
    };
    const [out, dqkv] = await runOpFor(
      traits,
      (pass) => {
        attentionForward(pass, { ...t, ...columnsOfQkv(t.qkv, sizes) }, sizes);
        attentionBackward(pass, t, sizes);
      },
      t.out,
      t.dqkv,
    );
    expect(relativeError(out!, reference.attentionForward(qkv, keyStart, keyEnd, sizes).out)).toBeLessThan(
      OP_TOLERANCE,
    );
    const expected = reference.attentionBackward(qkv, dout, keyStart, keyEnd, sizes);
    expect(relativeError(dqkv!, expected)).toBeLessThan(OP_TOLERANCE);
  });
});

it('forward reads keys and values from a cache', async () => {
  // The last 3 of 10 rows as queries, against k and v caches longer than what is filled: the same as the whole.
  const sizes = { rows: 10, heads: 4, kvHeads: 2, headDim: 12, scale: 0.4 };
  const qkv = random(10 * 96, 3);
  const part = (offset: number, count: number, rows: number[]) =>
    Float32Array.from(rows.flatMap((row) => [...qkv.subarray(row * 96 + offset, row * 96 + offset + count)]));
  const cached = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const cache = async (offset: number) => {
    const filled = new Float32Array(16 * 24).fill(Number.NaN);
    filled.set(part(offset, 24, cached));
    return { tensor: await input(filled, [16, 24]), offset: 0 };
  };
  const t = {
    q: { tensor: await input(part(0, 48, [7, 8, 9]), [3, 48]), offset: 0 },
    k: await cache(48),
    v: await cache(72),
    keyStart: await input(new Uint32Array(3), [3]),
    keyEnd: await input(Uint32Array.from([7, 8, 9]), [3]),
    out: await output([3, 48]),
    lse: await output([3, 4]),
  };
  const [out] = await runOp((pass) => attentionForward(pass, t, sizes), t.out);
  const { keyStart, keyEnd } = ranges([10]);
  const expected = reference.attentionForward(qkv, keyStart, keyEnd, sizes).out.subarray(7 * 48);
  expect(relativeError(out!, expected)).toBeLessThan(OP_TOLERANCE);
});

it('large scores stay finite', async () => {
  const sizes = { rows: 9, heads: 2, kvHeads: 1, headDim: 8, scale: 1 };
  const qkv = random(9 * 32, 4).map((value) => value * 100);
  const { keyStart, keyEnd } = ranges([9]);
  const t = {
    ...columnsOfQkv(await input(qkv, [9, 32]), sizes),
    keyStart: await input(keyStart, [9]),
    keyEnd: await input(keyEnd, [9]),
    out: await output([9, 16]),
    lse: await output([9, 2]),
  };
  const [out] = await runOp((pass) => attentionForward(pass, t, sizes), t.out);
  // Scores near 40,000 are known to about 4e-3 in f32, and a weight moves by as much.
  const tolerance = 1e-2;
  expect(relativeError(out!, reference.attentionForward(qkv, keyStart, keyEnd, sizes).out)).toBeLessThan(tolerance);
});

it('the reference gradient agrees with finite differences', () => {
  const sizes = { rows: 5, heads: 4, kvHeads: 2, headDim: 3, scale: 0.7 };
  const [qkv, dout] = [random(5 * 24, 5), random(5 * 12, 6)];
  const { keyStart, keyEnd } = ranges([2, 3]);
  const loss = (at: Float64Array) =>
    reference.attentionForward(at, keyStart, keyEnd, sizes).out.reduce((sum, value, i) => sum + value * dout[i]!, 0);
  const expected = finiteDifferences(loss, Float64Array.from(qkv));
  expect(relativeError(reference.attentionBackward(qkv, dout, keyStart, keyEnd, sizes), expected)).toBeLessThan(1e-6);
});

it('names the tensor whose shape is wrong', async () => {
  const sizes = { heads: 2, kvHeads: 1, headDim: 4, scale: 1 };
  const qkv = await input(random(3 * 16, 1), [3, 16]);
  const t = {
    ...columnsOfQkv(qkv, sizes),
    keyStart: await input(new Uint32Array(3), [3]),
    keyEnd: await input(new Uint32Array(3), [3]),
    out: await output([3, 8]),
    lse: await output([3, 1]),
  };
  const run = (tensors: typeof t) => runOp((pass) => attentionForward(pass, tensors, sizes));
  await expect(run(t)).rejects.toThrow('attention: expected lse [3,2], got [3,1]');
  await expect(run({ ...t, v: { tensor: qkv, offset: 13 } })).rejects.toThrow(
    'attention: expected v with columns 13–17, got [3,16]',
  );
});
