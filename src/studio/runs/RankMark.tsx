// A run's rank in its colour and line style, as the charts draw it, with the rank in figures.
import { rankColour, rankDash, rankLabel } from '../theme/rankColour.ts';
import { useColourScheme } from '../theme/useColourScheme.ts';
import styles from './runs.module.css';

interface Props {
  rank: number;
  /** Label and dashes, where they are not the rank's own. */
  label?: string | undefined;
  dash?: number[] | undefined;
}

export function RankMark({ rank, label = rankLabel(rank), dash = rankDash(rank) }: Props) {
  const scheme = useColourScheme();
  return (
    <span className={styles.rank}>
      <svg width="24" height="8" aria-hidden="true">
        <line
          x1="0"
          y1="4"
          x2="24"
          y2="4"
          stroke={rankColour(rank, scheme)}
          strokeWidth="3"
          strokeDasharray={dash.join(' ')}
        />
      </svg>
      {label}
    </span>
  );
}
