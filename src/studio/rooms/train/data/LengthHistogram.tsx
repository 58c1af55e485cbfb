// Rows by their length in tokens.
import type { DataDescription } from '../../../../worker/protocol/data.ts';
import { formatExact, formatNoun } from '../../../format.ts';
import styles from './data.module.css';

export function LengthHistogram({ histogram }: { histogram: DataDescription['histogram'] }) {
  const { edges, counts } = histogram;
  const most = Math.max(...counts, 1);
  if (counts.length === 0) return null;
  return (
    <section>
      <h3>
        Lengths <span className={styles.dim}>rows by tokens; the fullest bar is {formatNoun(most, 'row')}</span>
      </h3>
      <ol className={styles.histogram}>
        {counts.map((count, index) => {
          const from = edges[index] ?? 0;
          const range = `${formatExact(from)} to ${formatExact((edges[index + 1] ?? from + 1) - 1)} tokens`;
          return (
            <li key={from} title={`${range}: ${formatNoun(count, 'row')}`}>
              <span className={styles.bar} style={{ height: `${(count / most) * 100}%` }} />
              <span className="visually-hidden">
                {range}: {formatNoun(count, 'row')}
              </span>
            </li>
          );
        })}
      </ol>
      <p className={styles.scale}>
        <span>{formatExact(edges[0] ?? 0)}</span>
        <span>{formatExact((edges[edges.length - 1] ?? 1) - 1)} tokens</span>
      </p>
    </section>
  );
}
