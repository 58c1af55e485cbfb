// Loss curves of several runs in one chart: smoothed, with every step faint behind, and held-out loss as points.
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../worker/protocol.ts';
import { Chart } from '../../charts/Chart.tsx';
import type { ChartSeries } from '../../charts/chartTypes.ts';
import { useChartSource } from '../../charts/useChartSource.ts';
import { formatDuration, formatExact, formatLoss, formatTick } from '../../format.ts';
import { Check } from '../../panels/Check.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { type CurveAxis, lossCurve, smoothed, validationCurve } from '../../runs/curves.ts';
import type { MetricsStatus } from '../../stores/metricsStore.ts';
import { rankColour } from '../../theme/rankColour.ts';
import { useColourScheme } from '../../theme/useColourScheme.ts';
import styles from './compare.module.css';
import type { RunMark } from './runMarks.ts';

const AXES = {
  step: { label: 'step', format: formatExact },
  time: { label: 'time', format: (seconds: number) => formatDuration(seconds * 1000) },
};
const Y = { label: 'loss', format: formatLoss, tick: formatTick };

interface Props {
  runs: RunRecord[];
  marks: RunMark[];
  metrics: Record<string, MetricsStatus>;
}

export function CurveOverlay({ runs, marks, metrics }: Props) {
  const scheme = useColourScheme();
  const [axis, setAxis] = useState<CurveAxis>('step');
  const [hasRaw, setHasRaw] = useState(true);

  const series = useMemo<ChartSeries[]>(() => {
    const coloured = marks.map((mark) => ({ ...mark, colour: rankColour(mark.rank, scheme) }));
    return [
      ...coloured.map(({ label, colour }) => ({
        label: `${label}, each step`,
        colour,
        width: 1,
        opacity: hasRaw ? 0.3 : 0,
        isUnlisted: true,
      })),
      ...coloured.map(({ label, colour, dash }) => ({ label, colour, dash, width: 2, endLabel: label })),
      ...coloured.map(({ label, colour }) => ({
        label: `${label}, held out`,
        colour,
        width: 0,
        pointSize: 7,
        isUnlisted: true,
      })),
    ];
  }, [marks, scheme, hasRaw]);

  const curves = useMemo(() => {
    const steps = runs.map(({ id }) => {
      const status = metrics[id];
      return status?.kind === 'ready' ? status.metrics : [];
    });
    const raw = steps.map((list) => lossCurve(list, axis));
    return [
      ...raw,
      ...raw.map((curve, i) => smoothed(curve, runs[i]?.steps ?? 0)),
      ...runs.map((run, i) => validationCurve(run.evaluations, steps[i] ?? [], axis)),
    ];
  }, [runs, metrics, axis]);
  const source = useChartSource(curves);
  const isReading = runs.some(({ id }) => metrics[id] === undefined || metrics[id].kind === 'loading');

  return (
    <>
      <div className={styles.controls}>
        <RadioChips
          legend="Along"
          isLegendHidden
          value={axis}
          options={[
            { value: 'step', label: 'By step' },
            { value: 'time', label: 'By time' },
          ]}
          onChange={setAxis}
        />
        <Check label="Every step behind" isChecked={hasRaw} onChange={setHasRaw} />
      </div>
      <Chart
        title="Loss"
        unit="nats per token; points: held out"
        className={styles.curves}
        x={AXES[axis]}
        y={Y}
        series={series}
        source={source}
        canBeLog
        placeholder={isReading ? 'Reading the curves…' : undefined}
      />
    </>
  );
}
