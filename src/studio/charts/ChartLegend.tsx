// Which line is what, by colour and dash, with a place for its value under the cursor (first the x value). Unlisted ones stay in the page, hidden,
// so that values keep their places.
import type { Ref } from 'react';
import styles from './Chart.module.css';
import type { ChartAxis, ChartSeries } from './chartTypes.ts';

interface Props {
  ref: Ref<HTMLDivElement>;
  x: ChartAxis;
  series: readonly ChartSeries[];
}

export function ChartLegend({ ref, x, series }: Props) {
  return (
    <div ref={ref} className={styles.legend}>
      <span className={styles.entry}>
        {x.label} <output aria-live="off">–</output>
      </span>
      {series.map((one) => (
        <span key={one.label} className={styles.entry} hidden={one.isUnlisted}>
          <svg width="16" height="10" aria-hidden="true">
            {one.width > 0 && (
              <line
                x1="0"
                x2="16"
                y1="5"
                y2="5"
                stroke={one.colour}
                strokeWidth={one.width}
                strokeDasharray={one.dash?.join(' ')}
                opacity={one.opacity}
              />
            )}
            {one.pointSize && <circle cx="8" cy="5" r={one.pointSize / 2} fill={one.colour} />}
          </svg>
          {one.label} <output aria-live="off">–</output>
        </span>
      ))}
    </div>
  );
}
