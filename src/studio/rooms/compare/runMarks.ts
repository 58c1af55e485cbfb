// How each compared run is told from the others: its rank's colour and dashes, and where ranks are shared a letter and
// the next dash pattern.
import type { RunRecord } from '../../../worker/protocol.ts';
import { rankDash, rankLabel } from '../../theme/rankColour.ts';

export interface RunMark {
  rank: number;
  /** `r 8`, or `r 8 b` for the second of that rank. */
  label: string;
  dash: number[];
}

export function runMarks(runs: RunRecord[]): RunMark[] {
  const ranks = runs.map((run) => run.settings.adapter.rank);
  return ranks.map((rank, index) => {
    const before = ranks.slice(0, index).filter((other) => other === rank).length;
    const isShared = ranks.filter((other) => other === rank).length > 1;
    const letter = isShared ? ` ${String.fromCharCode('a'.charCodeAt(0) + (before % 26))}` : '';
    // Patterns follow powers of two: the next power's pattern differs from this one's.
    return { rank, label: rankLabel(rank) + letter, dash: rankDash(rank * 2 ** before) };
  });
}
