// Three small charts below the hero: learning rate, gradient norm, speed.
import { useMemo } from 'react';
import { Chart } from '../../../charts/Chart.tsx';
import type { ChartAxis, ChartSource } from '../../../charts/chartTypes.ts';
import { mergeCurves } from '../../../charts/mergeCurves.ts';
import { formatCount, formatLearningRate, formatLoss, formatRate, formatSteppedTick } from '../../../format.ts';
import type { MetricColumn, MetricSeries } from '../../../stores/liveMetrics.ts';
import { useColourScheme } from '../../../theme/useColourScheme.ts';
import styles from './go.module.css';
import { STEP_AXIS } from './LossChart.tsx';

const COLOUR = { light: '#1461a8', dark: '#6db3f2' };

const CHARTS: { title: string; column: MetricColumn; axis: ChartAxis }[] = [
  { title: 'Learning rate', column: 'learningRate', axis: { label: 'rate', format: formatLearningRate } },
  {
    title: 'Gradient norm',
    column: 'gradientNorm',
    axis: { label: 'unclipped', format: formatLoss, tick: formatSteppedTick },
  },
  {
    title: 'Speed',
    column: 'tokensPerSecond',
    axis: {
      label: 'tokens/s',
      format: formatRate,
      tick: (rate, step) => (rate < 1000 ? formatSteppedTick(rate, step) : formatCount(rate)),
    },
  },
];

export function SideCharts({ metrics }: { metrics: MetricSeries }) {
  return (
    <div className={styles.side}>
      {CHARTS.map((chart) => (
        <SideChart key={chart.title} {...chart} metrics={metrics} />
      ))}
    </div>
  );
}

function SideChart({ title, column, axis, metrics }: (typeof CHARTS)[number] & { metrics: MetricSeries }) {
  const scheme = useColourScheme();
  const series = useMemo(() => [{ label: axis.label, colour: COLOUR[scheme], width: 1.5 }], [axis, scheme]);
  const source = useMemo(
    (): ChartSource => ({
      version: () => metrics.version,
      read: (range) => mergeCurves([{ x: metrics.column('step'), y: metrics.column(column) }], range),
    }),
    [metrics, column],
  );
  return <Chart isSmall title={title} x={STEP_AXIS} y={axis} series={series} source={source} />;
}
