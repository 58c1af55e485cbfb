// The hero of a race: each adapter's smoothed loss over steps in its rank's colour, held-out losses as points.
import { useMemo } from 'react';
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import { Chart } from '../../../charts/Chart.tsx';
import type { ChartAxis, ChartSeries, ChartSource } from '../../../charts/chartTypes.ts';
import { mergeCurves } from '../../../charts/mergeCurves.ts';
import { MetricSeries } from '../../../stores/liveMetrics.ts';
import { useRunStore } from '../../../stores/runStore.ts';
import { rankColour } from '../../../theme/rankColour.ts';
import { useColourScheme } from '../../../theme/useColourScheme.ts';
import styles from './go.module.css';
import { LOSS_AXIS, STEP_AXIS, useShownSteps } from './LossChart.tsx';
import { raceMarks } from './raceMarks.ts';

const NONE = new MetricSeries(0);

export function RaceChart({ runs }: { runs: readonly RunRecord[] }) {
  const scheme = useColourScheme();
  const steps = useShownSteps();
  const look = JSON.stringify(raceMarks(runs));
  const ids = runs.map(({ id }) => id).join(' ');
  const series = useMemo((): ChartSeries[] => {
    const marks: ReturnType<typeof raceMarks> = JSON.parse(look);
    return marks.flatMap(({ rank, name, dash }): ChartSeries[] => {
      const colour = rankColour(rank, scheme);
      return [
        { label: name, colour, width: 2, dash, endLabel: name },
        { label: `${name} held out`, colour, width: 0, pointSize: 7, isUnlisted: true },
      ];
    });
  }, [look, scheme]);
  const x = useMemo((): ChartAxis => (steps === null ? STEP_AXIS : { ...STEP_AXIS, reach: [0, steps] }), [steps]);
  const source = useMemo((): ChartSource => {
    const shown = ids.split(' ');
    return {
      version: () => shown.reduce((sum, id) => sum + seriesOf(id).version + 1e6 * evaluationsOf(id).length, 0),
      read: (range) =>
        mergeCurves(
          shown.flatMap((id) => {
            const evaluations = evaluationsOf(id);
            return [
              { x: seriesOf(id).column('step'), y: seriesOf(id).column('smoothed') },
              { x: evaluations.map(({ step }) => step), y: evaluations.map(({ loss }) => loss) },
            ];
          }),
          range,
        ),
    };
  }, [ids]);
  return (
    <Chart
      className={styles.hero}
      title="Loss"
      unit="nats per token, smoothed; points: held out"
      x={x}
      y={LOSS_AXIS}
      series={series}
      source={source}
      canBeLog
    />
  );
}

const seriesOf = (id: string) => useRunStore.getState().series.get(id) ?? NONE;

function evaluationsOf(id: string): RunRecord['evaluations'] {
  const { state } = useRunStore.getState();
  return state.kind === 'shown' ? (state.runs.find((run) => run.id === id)?.evaluations ?? []) : [];
}
