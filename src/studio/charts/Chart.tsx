// A chart with its title, units, legend and values under the cursor. Curves are pulled from `source` once per frame, so
// that a training step renders no React.
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { useColourScheme } from '../theme/useColourScheme.ts';
import styles from './Chart.module.css';
import { ChartLegend } from './ChartLegend.tsx';
import type { ChartAxis, ChartSeries, ChartSource } from './chartTypes.ts';
import { usePlot } from './usePlot.ts';

interface Props {
  title: string;
  /** Unit or definition beside the title. */
  unit?: string;
  /** Memoize axes, series and source: a new one makes a new chart. */
  x: ChartAxis;
  y: ChartAxis;
  series: readonly ChartSeries[];
  source: ChartSource;
  canBeLog?: boolean;
  isSmall?: boolean;
  /** Charts with the same key share cursor and zoom. */
  linkKey?: string;
  /** In the caption: buttons. */
  actions?: ReactNode;
  className?: string | undefined;
  /** Over the empty plot, while there is nothing to draw. */
  placeholder?: string | undefined;
}

export function Chart(props: Props) {
  const {
    title,
    unit,
    x,
    y,
    series,
    source,
    canBeLog,
    isSmall = false,
    linkKey,
    actions,
    className,
    placeholder,
  } = props;
  const scheme = useColourScheme();
  const [isLog, setLog] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  // The scheme is part of the look: colours are read from the page when the chart is made.
  // biome-ignore lint/correctness/useExhaustiveDependencies: scheme decides the colours that usePlot reads
  const look = useMemo(
    () => ({ x, y, series, isLog, isSmall, linkKey }),
    [x, y, series, isLog, isSmall, linkKey, scheme],
  );
  const showValues = useCallback(
    (data: uPlot.AlignedData, index: number | null) => writeValues(legend.current, data, index, look),
    [look],
  );
  usePlot(box, look, source, showValues);
  return (
    <figure className={`${styles.chart} ${className ?? ''}`} data-small={isSmall || undefined}>
      <figcaption className={styles.caption}>
        <span className={styles.title}>{title}</span>
        {unit && <span className={styles.unit}>{unit}</span>}
        {canBeLog && (
          <button type="button" className={styles.log} aria-pressed={isLog} onClick={() => setLog(!isLog)}>
            Log scale
          </button>
        )}
        {actions}
        <ChartLegend ref={legend} x={x} series={series} />
      </figcaption>
      <div className={styles.plotArea}>
        <div ref={box} className={styles.plot} role="img" aria-label={`${title} over ${x.label}`} />
        {placeholder && <p className={styles.placeholder}>{placeholder}</p>}
      </div>
    </figure>
  );
}

/** A curve that was thinned has its next point this share of the plot's width away, at most. */
const NEAR = 0.005;

/** Values under the cursor, or each curve's newest; written straight into the legend. */
function writeValues(
  legend: HTMLElement | null,
  data: uPlot.AlignedData,
  index: number | null,
  look: { x: ChartAxis; y: ChartAxis },
): void {
  if (legend === null) return;
  const reach = NEAR * ((data[0].at(-1) ?? 0) - (data[0][0] ?? 0));
  legend.querySelectorAll('output').forEach((output, column) => {
    const value = index === null ? lastValue(data[column]) : nearValue(data[0], data[column], index, reach);
    const format = column === 0 ? look.x.format : look.y.format;
    const text = value === null ? '–' : format(value);
    if (output.textContent !== text) output.textContent = text;
  });
}

type Column = ArrayLike<number | null | undefined> | undefined;

/** The value at `index`, else of the nearest point no further than `reach` from there. */
function nearValue(xs: ArrayLike<number>, values: Column, index: number, reach: number): number | null {
  const at = xs[index] ?? Number.NaN;
  const distance = (place: number) => Math.abs((xs[place] ?? Number.NaN) - at);
  for (let away = 0; distance(index - away) <= reach || distance(index + away) <= reach; away++) {
    for (const place of [index - away, index + away]) {
      const value = values?.[place];
      if (value !== null && value !== undefined && distance(place) <= reach) return value;
    }
  }
  return null;
}

function lastValue(values: Column): number | null {
  for (let index = (values?.length ?? 0) - 1; index >= 0; index--) {
    const value = values?.[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
