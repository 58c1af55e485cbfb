// How the adapters of a race are told apart: by name, their rank's colour and dashes; those of one rank by other dashes.
import type { RunRecord } from '../../../../worker/protocol.ts';
import { rankDash, rankLabel } from '../../../theme/rankColour.ts';

export interface RaceMark {
  rank: number;
  name: string;
  dash: number[];
}

export function raceMarks(runs: readonly RunRecord[]): RaceMark[] {
  const ranks = runs.map((run) => run.settings.adapter.rank);
  return runs.map((run, i) => {
    const rank = ranks[i] ?? 1;
    const before = ranks.slice(0, i).filter((other) => other === rank).length;
    // Patterns follow powers of two: the next power's differs from this one's.
    return { rank, name: run.race?.adapter ?? rankLabel(rank), dash: rankDash(rank * 2 ** before) };
  });
}
