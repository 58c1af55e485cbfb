// A short piece of a rank's line: its colour and its dash.
import { rankColour, rankDash } from './rankColour.ts';
import { useColourScheme } from './useColourScheme.ts';

interface Props {
  rank: number;
  /** Where the line's dashes are not the rank's own. */
  dash?: number[] | undefined;
}

export function RankSwatch({ rank, dash = rankDash(rank) }: Props) {
  const scheme = useColourScheme();
  return (
    <svg width="20" height="6" aria-hidden="true" style={{ display: 'block' }}>
      <line
        x1="0"
        x2="20"
        y1="3"
        y2="3"
        stroke={rankColour(rank, scheme)}
        strokeWidth="3"
        strokeDasharray={dash.join(' ') || undefined}
      />
    </svg>
  );
}
