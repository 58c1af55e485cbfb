// A kept run's loss: every step faint, smoothed over it, held-out loss as points.
import { useMemo } from 'react';
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { Chart } from '../../charts/Chart.tsx';
import type { ChartSeries } from '../../charts/chartTypes.ts';
import { useChartSource } from '../../charts/useChartSource.ts';
import { formatExact, formatLoss, formatSteppedTick, formatWholeTick } from '../../format.ts';
import { ErrorNote } from '../../panels/ErrorNote.tsx';
import { lossCurve, smoothed, validationCurve } from '../../runs/curves.ts';
import { loadMetrics, type MetricsStatus } from '../../stores/metricsStore.ts';
import { rankColour } from '../../theme/rankColour.ts';
import { useColourScheme } from '../../theme/useColourScheme.ts';
import styles from './library.module.css';

const X = { label: 'step', format: formatExact, tick: formatWholeTick };
const Y = { label: 'loss', format: formatLoss, tick: formatSteppedTick };

export function RunCurve({ run, metrics }: { run: RunRecord; metrics: MetricsStatus | undefined }) {
  const scheme = useColourScheme();
  const colour = rankColour(run.settings.adapter.rank, scheme);
  const series = useMemo<ChartSeries[]>(
    () => [
      { label: 'each step', colour, width: 1, opacity: 0.35 },
      { label: 'smoothed', colour, width: 2 },
      { label: 'held out', colour, width: 0, pointSize: 7 },
    ],
    [colour],
  );
  const steps = metrics?.kind === 'ready' ? metrics.metrics : null;
  const curves = useMemo(() => {
    const raw = lossCurve(steps ?? [], 'step');
    return [raw, smoothed(raw, run.steps), validationCurve(run.evaluations, steps ?? [], 'step')];
  }, [steps, run.steps, run.evaluations]);
  const source = useChartSource(curves);

  if (metrics?.kind === 'failed') {
    return (
      <ErrorNote
        message={metrics.message}
        action={{ label: 'Read again', onClick: () => void loadMetrics([run.id]) }}
      />
    );
  }
  const isEmpty = steps !== null && steps.length === 0;
  return (
    <Chart
      title="Loss"
      unit="nats per token"
      className={styles.curve}
      x={X}
      y={Y}
      series={series}
      source={source}
      canBeLog
      placeholder={steps === null ? 'Reading the curve…' : isEmpty ? 'No step was done.' : undefined}
    />
  );
}
