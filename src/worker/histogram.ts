// Row lengths as bars without gaps.
import { lengthBucket } from '../data/batches.ts';
import type { DataDescription } from './protocol/data.ts';

/** `bars`: ascending, each up to `upTo` tokens. Empty bars between them are filled in. */
export function histogramOf(bars: readonly { upTo: number; rows: number }[]): DataDescription['histogram'] {
  const first = bars[0];
  const last = bars.at(-1);
  if (!first || !last) return { edges: [], counts: [] };
  const rows = new Map(bars.map((bar) => [bar.upTo, bar.rows]));
  const edges: number[] = [];
  const counts: number[] = [];
  let start = 1;
  for (let upTo = lengthBucket(1); upTo <= last.upTo; upTo = lengthBucket(upTo + 1)) {
    if (upTo >= first.upTo) {
      edges.push(start);
      counts.push(rows.get(upTo) ?? 0);
    }
    start = upTo + 1;
  }
  return { edges: [...edges, start], counts };
}
