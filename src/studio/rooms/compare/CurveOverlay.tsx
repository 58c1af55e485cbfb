// Loss curves of several runs: training in one chart, smoothed with every step faint behind and held-out loss as points;
// held-out loss alone in another, on the same x, with cursor and zoom in common.
import { useMemo, useState } from 'react';
import { Chart } from '../../charts/Chart.tsx';
import type { ChartSeries } from '../../charts/chartTypes.ts';
import { DataTable } from '../../charts/pictures/DataTable.tsx';
import { PictureButtons } from '../../charts/pictures/PictureFrame.tsx';
import pictureStyles from '../../charts/pictures/pictures.module.css';
import { useChartSource } from '../../charts/useChartSource.ts';
import { formatDuration, formatExact, formatLoss, formatSteppedTick, formatWholeTick } from '../../format.ts';
import { Check } from '../../panels/Check.tsx';
import { RadioChips } from '../../panels/RadioChips.tsx';
import { lossCurve, smoothed, validationCurve } from '../../runs/curves.ts';
import { rankColour } from '../../theme/rankColour.ts';
import { useColourScheme } from '../../theme/useColourScheme.ts';
import { setChoice, useChoices } from './choices.ts';
import styles from './compare.module.css';
import type { ComparedRun } from './compared.ts';
import { lossPicture } from './pictures/lossPicture.tsx';
import type { RunMark } from './runMarks.ts';

const AXES = {
  step: { label: 'step', format: formatExact, tick: formatWholeTick },
  time: { label: 'time', format: (seconds: number) => formatDuration(seconds * 1000) },
};
const Y = { label: 'loss', format: formatLoss, tick: formatSteppedTick };
const LINK = 'compare';

interface Props {
  compared: readonly ComparedRun[];
  isReading: boolean;
}

export function CurveOverlay({ compared, isReading }: Props) {
  const scheme = useColourScheme();
  const axis = useChoices((choices) => choices.axis);
  const [hasRaw, setHasRaw] = useState(true);
  // By content: a run that still trains brings new curves every second, which are drawn into the same charts.
  const look = JSON.stringify(compared.map(({ mark }) => mark));
  const coloured = useMemo(() => {
    const marks: RunMark[] = JSON.parse(look);
    return marks.map((mark) => ({ ...mark, colour: rankColour(mark.rank, scheme) }));
  }, [look, scheme]);

  const series = useMemo<ChartSeries[]>(
    () => [
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
    ],
    [coloured, hasRaw],
  );
  const heldSeries = useMemo<ChartSeries[]>(
    () => coloured.map(({ label, colour, dash }) => ({ label, colour, dash, width: 2, pointSize: 6, endLabel: label })),
    [coloured],
  );

  const heldCurves = useMemo(
    () => compared.map(({ run, steps }) => validationCurve(run.evaluations, [...steps], axis)),
    [compared, axis],
  );
  const curves = useMemo(() => {
    const raw = compared.map(({ steps }) => lossCurve([...steps], axis));
    return [...raw, ...raw.map((curve, i) => smoothed(curve, compared[i]?.run.steps ?? 0)), ...heldCurves];
  }, [compared, axis, heldCurves]);
  // The same x in both, so that zooming one zooms the other to the same steps.
  const heldWithReach = useMemo<typeof heldCurves>(() => [...heldCurves, ...reachOf(curves)], [heldCurves, curves]);
  const source = useChartSource(curves);
  const heldSource = useChartSource(heldWithReach);
  const picture = useMemo(() => lossPicture(compared, axis), [compared, axis]);
  const isHeldOut = heldCurves.some(({ x }) => x.length > 0);

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
          onChange={(value) => setChoice({ axis: value })}
        />
        <Check label="Every step behind" isChecked={hasRaw} onChange={setHasRaw} />
        <span className={styles.hint}>Drag to zoom, Shift and drag to move, double-click for all</span>
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
        linkKey={LINK}
        actions={<PictureButtons picture={picture} kinds={['PNG', 'SVG']} />}
        placeholder={isReading ? 'Reading the curves…' : undefined}
      />
      {isHeldOut && (
        <Chart
          title="Held out"
          unit="loss in nats per token"
          className={styles.heldOut}
          x={AXES[axis]}
          y={Y}
          series={heldSeries}
          source={heldSource}
          canBeLog
          linkKey={LINK}
        />
      )}
      <details className={pictureStyles.behind}>
        <summary>Table of the curves</summary>
        <DataTable label="Curves: the numbers" table={picture.table} />
      </details>
    </>
  );
}

/** A curve without values from the first x of all to the last. */
function reachOf(curves: readonly { x: ArrayLike<number> }[]): { x: number[]; y: number[] }[] {
  const ends = curves.flatMap(({ x }) => (x.length > 0 ? [x[0] ?? 0, x[x.length - 1] ?? 0] : []));
  if (ends.length === 0) return [];
  const x = [...new Set([Math.min(...ends), Math.max(...ends)])];
  return [{ x, y: x.map(() => Number.NaN) }];
}
