// A run's rank in its colour and line style, as the charts draw it, with the rank in figures.
import { RankSwatch } from '../theme/RankSwatch.tsx';
import { rankLabel } from '../theme/rankColour.ts';
import styles from './runs.module.css';

interface Props {
  rank: number;
  /** Label and dashes, where they are not the rank's own. */
  label?: string | undefined;
  dash?: number[] | undefined;
}

export function RankMark({ rank, label = rankLabel(rank), dash }: Props) {
  return (
    <span className={styles.rank}>
      <RankSwatch rank={rank} dash={dash} />
      {label}
    </span>
  );
}
