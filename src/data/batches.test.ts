import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, bucketFor, buildBatch, lengthBucket } from './batches.ts';
import type { TokenRow } from './types.ts';

const tokenRow = fc
  .array(fc.record({ id: fc.integer({ min: 1, max: 50_000 }), isTarget: fc.boolean() }), { maxLength: 30 })
  .map(
    (tokens): TokenRow => ({
      ids: Uint32Array.from(tokens, (token) => token.id),
      loss: Uint8Array.from(tokens, (token, t) => (t > 0 && token.isTarget ? 1 : 0)),
      line: 1,
    }),
  );

/** Whether query m sees key k, by the definition: the same row, not later, within the window, padding itself only. */
function sees(rows: readonly TokenRow[], length: number, window: number, m: number, k: number): boolean {
  const rowLength = rows[Math.floor(m / length)]?.ids.length ?? 0;
  if (m % length >= rowLength) return k === m;
  return Math.floor(k / length) === Math.floor(m / length) && k <= m && m - k < window;
}

function seesByRanges(batch: Batch, m: number, k: number): boolean {
  return k >= batch.keyStart[m]! && k <= batch.keyEnd[m]!;
}

describe('lengthBucket', () => {
  it('goes up by powers of two and the middles between', () => {
    const buckets = new Set(Array.from({ length: 2048 }, (_, n) => lengthBucket(n)));
    expect([...buckets]).toEqual([8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048]);
  });

  it('is the smallest bucket that holds the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (n) => {
        const bucket = lengthBucket(n);
        expect(bucket).toBeGreaterThanOrEqual(n);
        expect(lengthBucket(bucket)).toBe(bucket);
        if (n > 16) expect(bucket).toBeLessThan(n * 1.5);
      }),
    );
  });
});

describe('buildBatch', () => {
  it('lays out two rows of unlike length', () => {
    const rows: TokenRow[] = [
      { ids: Uint32Array.of(5, 6, 7, 2), loss: Uint8Array.of(0, 0, 1, 1), line: 1 },
      { ids: Uint32Array.of(8, 2), loss: Uint8Array.of(0, 1), line: 2 },
    ];
    const batch = buildBatch(rows, 5);
    expect([...batch.ids]).toEqual([5, 6, 7, 2, 0, 8, 2, 0, 0, 0]);
    expect([...batch.positions]).toEqual([0, 1, 2, 3, 0, 0, 1, 0, 0, 0]);
    expect([...batch.keyStart]).toEqual([0, 0, 0, 0, 4, 5, 5, 7, 8, 9]);
    expect([...batch.keyEnd]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...batch.queryEnd]).toEqual([3, 3, 3, 3, 4, 6, 6, 7, 8, 9]);
    expect([...batch.lossRows]).toEqual([1, 2, 5]);
    expect([...batch.lossTargets]).toEqual([7, 2, 2]);
    expect(batch.tokens).toBe(6);
    expect(batch.targetTokens).toBe(3);
  });

  it('gives key ranges, and their transpose, that say exactly what each query may see', () => {
    fc.assert(
      fc.property(
        fc.array(tokenRow, { minLength: 1, maxLength: 3 }),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        (rows, slidingWindow) => {
          const length = bucketFor(rows);
          const batch = buildBatch(rows, length, { slidingWindow });
          const size = rows.length * length;
          for (let k = 0; k < size; k++) {
            let lastQuery = -1;
            for (let m = 0; m < size; m++) {
              const expected = sees(rows, length, slidingWindow ?? size, m, k);
              expect(seesByRanges(batch, m, k), `query ${m}, key ${k}`).toBe(expected);
              if (expected) lastQuery = m;
            }
            expect(batch.queryEnd[k], `last query of key ${k}`).toBe(lastQuery);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts every target of a row once, at the place before it', () => {
    fc.assert(
      fc.property(fc.array(tokenRow, { minLength: 1, maxLength: 5 }), (rows) => {
        const batch = buildBatch(rows, bucketFor(rows));
        const targets = rows.flatMap((row) => [...row.ids].filter((_, t) => row.loss[t] === 1));
        expect([...batch.lossTargets]).toEqual(targets);
        expect(Array.from(batch.lossRows, (m) => batch.ids[m + 1])).toEqual(targets);
        expect(batch.targetTokens).toBe(targets.length);
        expect(batch.tokens).toBe(rows.reduce((sum, row) => sum + row.ids.length, 0));
      }),
    );
  });

  it('refuses a row longer than the batch, by line', () => {
    const row: TokenRow = { ids: new Uint32Array(9), loss: new Uint8Array(9), line: 41 };
    expect(() => buildBatch([row], 8)).toThrow('row from line 41 has 9 tokens, the batch has room for 8');
  });
});
