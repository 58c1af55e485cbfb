// How the adapters of a race are told apart: by name, their rank's colour and dashes; those of one rank by other dashes.
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { rankDash, rankLabel } from '../../../theme/rankColour.ts';

export interface RaceMark {
  rank: number;
  name: string;
  dash: number[];
}

export function raceMarks(runs: readonly RunRecord[]): RaceMark[] {
  return adapterMarks(
    runs.map(({ settings: { adapter }, race }) => ({
      rank: adapter.rank,
      name: race?.adapter ?? rankLabel(adapter.rank),
    })),
  );
}

/** The same before they are runs. */
export function adapterMarks(adapters: readonly Omit<RaceMark, 'dash'>[]): RaceMark[] {
  return adapters.map(({ rank, name }, i) => {
    const before = adapters.slice(0, i).filter((other) => other.rank === rank).length;
    // Patterns follow powers of two: the next power's differs from this one's.
    return { rank, name, dash: rankDash(rank * 2 ** before) };
  });
}
