// How the rows of a micro-batch lie in its grid. One row a line, padded to the longest, is mostly padding where lengths
// differ (two thirds of it, for eight rows of instruction data); several rows one after another in a line, each seeing
// only itself, waste little. Losses and gradients are the same sums either way (Krell et al. 2021, arXiv 2107.02027).
import { bucketFor } from './batches.ts';
import type { TokenRow } from './types.ts';

export interface Arrangement {
  /** The rows of each line of the grid, one after another. Empty rows have no place. */
  readonly lines: readonly (readonly TokenRow[])[];
  /** Places of a line. */
  readonly length: number;
}

/** Lines get no longer than this for the sake of packing. */
const LONGEST_PACKED_LINE = 512;
/** Packing must save this share of the places: otherwise every row has a line of its own. */
const LEAST_SAVING = 0.1;
/** Numbers of lines that are tried, from the fewest that hold all tokens. */
const MOST_TRIED = 16;

/** A function of the rows' lengths and their order alone, so that every run that meets the same rows lays them alike. */
export function arrangeRows(rows: readonly TokenRow[]): Arrangement {
  const padded = { lines: rows.map((row) => [row]), length: bucketFor(rows) };
  const longestLine = Math.max(padded.length, LONGEST_PACKED_LINE);
  const byLength = rows
    .map((row) => ({ row, tokens: row.ids.length }))
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens);
  const allTokens = byLength.reduce((sum, { tokens }) => sum + tokens, 0);
  const fewest = Math.max(1, Math.ceil(allTokens / longestLine));
  let best: Arrangement = padded;
  for (let count = fewest; count < Math.min(rows.length, fewest + MOST_TRIED); count++) {
    const { lines, longest } = deal(byLength, count);
    const length = packedLength(longest);
    const isWorthIt = count * length <= (1 - LEAST_SAVING) * rows.length * padded.length;
    if (length <= longestLine && isWorthIt && cost(count, length) < cost(best.lines.length, best.length)) {
      best = { lines, length };
    }
  }
  return best;
}

/** Each row, longest first, to the line with the fewest tokens so far (Graham 1969, "Bounds on multiprocessing timing anomalies"). */
function deal(byLength: readonly { row: TokenRow; tokens: number }[], count: number) {
  const lines = Array.from({ length: count }, (): TokenRow[] => []);
  const filled = new Array<number>(count).fill(0);
  for (const { row, tokens } of byLength) {
    const emptiest = filled.indexOf(Math.min(...filled));
    lines[emptiest]!.push(row);
    filled[emptiest]! += tokens;
  }
  return { lines, longest: Math.max(...filled) };
}

/** Rounded up by at most an eighth or 15 tokens, so that batches of a run share few shapes. */
function packedLength(tokens: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, tokens)));
  const step = Math.max(16, power / 8);
  return Math.ceil(tokens / step) * step;
}

/** Places, those of long lines dearer: attention works on whole tiles, of which some hold the ends of two rows. */
function cost(lines: number, length: number): number {
  return lines * length * (1 + length / 4096);
}
