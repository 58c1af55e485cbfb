// The hero: loss over steps, each step behind a smoothed line, held-out loss as points.
import { useMemo } from 'react';
import { Chart } from '../../../charts/Chart.tsx';
import type { ChartAxis, ChartSeries, ChartSource } from '../../../charts/chartTypes.ts';
import { mergeCurves } from '../../../charts/mergeCurves.ts';
import { formatExact, formatLoss, formatSteppedTick, formatWholeTick } from '../../../format.ts';
import type { MetricSeries } from '../../../stores/liveMetrics.ts';
import { useRunStore } from '../../../stores/runStore.ts';
import { shownPlan, useSettingsStore } from '../../../stores/settingsStore.ts';
import { rankColour, rankDash, rankLabel } from '../../../theme/rankColour.ts';
import { useColourScheme } from '../../../theme/useColourScheme.ts';
import styles from './go.module.css';

export const STEP_AXIS: ChartAxis = { label: 'step', format: formatExact, tick: formatWholeTick };
export const LOSS_AXIS: ChartAxis = { label: 'loss', format: formatLoss, tick: formatSteppedTick };
/** Held-out points, in the text's colour: they belong to no rank. */
const NEUTRAL = { light: '#16191c', dark: '#e8eaec' };

interface Props {
  metrics: MetricSeries;
  /** The run's; null before there is one. */
  rank: number | null;
  isEmpty: boolean;
}

export function LossChart({ metrics, rank, isEmpty }: Props) {
  const scheme = useColourScheme();
  const settingsRank = useSettingsStore((state) => state.settings.adapter.rank);
  const shownRank = rank ?? settingsRank;
  const steps = useShownSteps();
  const series = useMemo((): ChartSeries[] => {
    const colour = rankColour(shownRank, scheme);
    return [
      { label: 'each step', colour, width: 1, opacity: 0.35 },
      { label: 'smoothed', colour, width: 2.5, dash: rankDash(shownRank), endLabel: rankLabel(shownRank) },
      { label: 'held out', colour: NEUTRAL[scheme], width: 0, pointSize: 8 },
    ];
  }, [shownRank, scheme]);
  const x = useMemo((): ChartAxis => (steps === null ? STEP_AXIS : { ...STEP_AXIS, reach: [0, steps] }), [steps]);
  const source = useMemo(
    (): ChartSource => ({
      version: () => metrics.version + 1e6 * evaluations().length,
      read: (range) =>
        mergeCurves(
          [
            { x: metrics.column('step'), y: metrics.column('loss') },
            { x: metrics.column('step'), y: metrics.column('smoothed') },
            { x: evaluations().map((one) => one.step), y: evaluations().map((one) => one.loss) },
          ],
          range,
        ),
    }),
    [metrics],
  );
  return (
    <Chart
      className={styles.hero}
      title="Loss"
      unit="nats per token"
      x={x}
      y={LOSS_AXIS}
      series={series}
      source={source}
      canBeLog
      placeholder={isEmpty ? 'Press Train: the loss appears here, step by step.' : undefined}
    />
  );
}

/** How long the run is, or the next one will be; null while that is being worked out. */
export function useShownSteps(): number | null {
  const planned = useSettingsStore((state) => shownPlan(state.plan)?.steps || null);
  const running = useRunStore(({ state }) => (state.kind === 'shown' ? state.run.steps : null));
  return running ?? planned;
}

function evaluations() {
  const { state } = useRunStore.getState();
  return state.kind === 'shown' ? state.run.evaluations : [];
}
