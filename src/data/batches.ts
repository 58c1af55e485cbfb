// Rows of tokens → the flat arrays that a training step reads. A batch is a [rows, length] grid, flattened; every place
// carries the range of keys it may attend to, and every key the last query that attends to it. Attention kernels read
// those ranges and nothing else, so rows packed into one line (data/packing) are nothing new to them.
import type { TokenRow } from './types.ts';

/** One padded grid of token rows. `m` below is a flat index: m = row * length + t. All arrays but the loss pair have rows * length entries. */
export interface Batch {
  rows: number;
  length: number;
  /** Token ids; 0 in padding. */
  ids: Uint32Array;
  /** t within its row; 0 in padding, so that no position table is read past its end. */
  positions: Uint32Array;
  /** First flat key that query m may see. */
  keyStart: Uint32Array;
  /** Last flat key that query m may see, inclusive: m itself. */
  keyEnd: Uint32Array;
  /** Last flat query that attends to key m. Padding attends only to itself: keyStart = keyEnd = queryEnd = m. */
  queryEnd: Uint32Array;
  /** Flat places whose next token is a target, ascending. */
  lossRows: Uint32Array;
  /** That next token's id, one for each of `lossRows`. */
  lossTargets: Uint32Array;
  /** Real (not padding) tokens. */
  tokens: number;
  /** Tokens that carry loss: lossRows.length. */
  targetTokens: number;
}

export interface BatchOptions {
  /** A query sees at most this many keys, itself included (Mistral's sliding_window). Default: all before it. */
  slidingWindow?: number;
}

/** The padded length for rows of up to `n` tokens: 8, 16, 24, 32, 48, 64, 96, 128, 192 …, powers of two and the middles between. */
export function lengthBucket(n: number): number {
  if (n <= 8) return 8;
  let power = 16;
  while (power < n) power *= 2;
  const middle = power * 0.75;
  return power > 16 && n <= middle ? middle : power;
}

/** The bucket that holds every one of these rows. */
export function bucketFor(rows: readonly TokenRow[]): number {
  return lengthBucket(rows.reduce((longest, row) => Math.max(longest, row.ids.length), 0));
}

/** Lays one row per grid line. A row without tokens is all padding (to fill a last batch). Throws if a row is longer than `length`. */
export function buildBatch(rows: readonly TokenRow[], length: number, options: BatchOptions = {}): Batch {
  const lines = rows.map((row) => [row]);
  return buildPackedBatch({ lines, length }, options);
}

/** Lays the rows of each line one after another; none sees its neighbours. Throws if a line is longer than `length`. */
export function buildPackedBatch(
  { lines, length }: { readonly lines: readonly (readonly TokenRow[])[]; readonly length: number },
  options: BatchOptions = {},
): Batch {
  const size = lines.length * length;
  const batch = emptyBatch(lines.length, length);
  const lossRows: number[] = [];
  const lossTargets: number[] = [];
  lines.forEach((rows, index) => {
    let start = index * length;
    for (const { ids, loss, line } of rows) {
      if (start + ids.length > (index + 1) * length) {
        throw new RangeError(
          `buildBatch: row from line ${line} has ${ids.length} tokens, the batch has room for ${(index + 1) * length - start}`,
        );
      }
      placeSegment(batch, start, ids, options.slidingWindow ?? size);
      for (let t = 0; t + 1 < ids.length; t++) {
        if (loss[t + 1] !== 1) continue;
        lossRows.push(start + t);
        lossTargets.push(ids[t + 1]!);
      }
      start += ids.length;
      batch.tokens += ids.length;
    }
  });
  batch.lossRows = Uint32Array.from(lossRows);
  batch.lossTargets = Uint32Array.from(lossTargets);
  batch.targetTokens = lossRows.length;
  return batch;
}

/** A grid of nothing but padding. */
function emptyBatch(rows: number, length: number): Batch {
  const size = rows * length;
  const self = Uint32Array.from({ length: size }, (_, m) => m);
  return {
    rows,
    length,
    ids: new Uint32Array(size),
    positions: new Uint32Array(size),
    keyStart: self,
    keyEnd: self.slice(),
    queryEnd: self.slice(),
    lossRows: new Uint32Array(),
    lossTargets: new Uint32Array(),
    tokens: 0,
    targetTokens: 0,
  };
}

/** Writes one document at flat place `start`; it sees only itself, at most `window` keys back. */
function placeSegment(batch: Batch, start: number, ids: Uint32Array, window: number): void {
  const last = start + ids.length - 1;
  batch.ids.set(ids, start);
  for (let t = 0; t < ids.length; t++) {
    const m = start + t;
    batch.positions[m] = t;
    batch.keyStart[m] = Math.max(start, m - window + 1);
    batch.queryEnd[m] = Math.min(last, m + window - 1);
  }
}
