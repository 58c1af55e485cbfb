import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketFor, buildBatch, buildPackedBatch } from './batches.ts';
import { arrangeRows } from './packing.ts';
import type { TokenRow } from './types.ts';

const rowOf = (tokens: number, line: number): TokenRow => ({
  ids: Uint32Array.from({ length: tokens }, (_, t) => 1000 * line + t + 1),
  loss: Uint8Array.from({ length: tokens }, (_, t) => (t > tokens / 2 ? 1 : 0)),
  line,
});

const someRows = fc
  .array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 24 })
  .map((lengths) => lengths.map((tokens, i) => rowOf(tokens, i + 1)));

describe('arrangeRows', () => {
  it('gives every row its place, in no more room than one row a line takes', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const { lines, length } = arrangeRows(rows);
        const placed = lines.flat().filter(({ ids }) => ids.length > 0);
        expect(placed.map(({ line }) => line).sort((a, b) => a - b)).toEqual(
          rows.filter(({ ids }) => ids.length > 0).map(({ line }) => line),
        );
        for (const line of lines)
          expect(line.reduce((sum, { ids }) => sum + ids.length, 0)).toBeLessThanOrEqual(length);
        expect(lines.length * length).toBeLessThanOrEqual(rows.length * bucketFor(rows));
      }),
    );
  });

  it('leaves rows of one length a line each, in their order', () => {
    const rows = [3, 1, 2].map((line) => rowOf(128, line));
    expect(arrangeRows(rows)).toEqual({ lines: rows.map((row) => [row]), length: 128 });
  });

  it('packs rows of unlike lengths into a third of the places', () => {
    const rows = [30, 50, 80, 40, 300, 60, 45, 100].map((tokens, i) => rowOf(tokens, i + 1));
    const { lines, length } = arrangeRows(rows);
    expect(lines.length * length).toBeLessThan((8 * 384) / 3);
    expect(length % 16).toBe(0);
  });
});

describe('buildPackedBatch', () => {
  it('lets every token see what it sees in a line of its own, and nothing else', () => {
    fc.assert(
      fc.property(someRows, fc.constantFrom(undefined, 1, 7), (rows, slidingWindow) => {
        const options = slidingWindow === undefined ? {} : { slidingWindow };
        const packed = buildPackedBatch(arrangeRows(rows), options);
        const padded = buildBatch(rows, bucketFor(rows), options);
        expect(packed.tokens).toBe(padded.tokens);
        const of = (batch: typeof packed) => {
          const seen = new Map<number, unknown>();
          const targets = new Map(Array.from(batch.lossRows, (m, i) => [m, batch.lossTargets[i]!]));
          batch.ids.forEach((id, m) => {
            if (id === 0) return;
            const keys = batch.ids.slice(batch.keyStart[m], batch.keyEnd[m]! + 1);
            const lastQuery = batch.ids[batch.queryEnd[m]!];
            seen.set(id, { position: batch.positions[m], keys: [...keys], lastQuery, target: targets.get(m) });
          });
          return seen;
        };
        expect(of(packed)).toEqual(of(padded));
      }),
      { numRuns: 30 },
    );
  });

  it('keeps ranges from stepping back within a line, as tiles need them', () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const batch = buildPackedBatch(arrangeRows(rows));
        for (let m = 1; m < batch.ids.length; m++) {
          expect(batch.keyStart[m]!).toBeGreaterThanOrEqual(batch.keyStart[m - 1]!);
          expect(batch.queryEnd[m]!).toBeGreaterThanOrEqual(batch.queryEnd[m - 1]!);
        }
      }),
      { numRuns: 30 },
    );
  });
});
