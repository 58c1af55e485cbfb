// Loss curves as a picture to keep: smoothed, with every step faint behind, and held-out loss as points.
import { decimate } from '../../../charts/decimate.ts';
import type { Picture } from '../../../charts/pictures/pictureTypes.ts';
import { XyPlot, type XySeries } from '../../../charts/pictures/XyPlot.tsx';
import { formatDuration, formatExact, formatLoss, formatSteppedTick } from '../../../format.ts';
import { type CurveAxis, lossCurve, smoothed, validationCurve } from '../../../runs/curves.ts';
import { rankColour } from '../../../theme/rankColour.ts';
import type { ComparedRun } from '../compared.ts';

/** Per line: what a page's width can show. */
const DRAWN_POINTS = 400;
const TABLE_ROWS = 60;

export function lossPicture(compared: readonly ComparedRun[], axis: CurveAxis): Picture {
  const trained = compared.filter(({ steps }) => steps.length > 0);
  const xText = axis === 'step' ? formatExact : (seconds: number) => formatDuration(seconds * 1000);
  return {
    id: `loss-by-${axis}`,
    title: 'Loss',
    note: `nats per token by ${axis}; smoothed, every step behind, points: held out`,
    draw: (width, palette) => (
      <XyPlot
        width={width}
        height={360}
        palette={palette}
        label={`Loss by ${axis}`}
        x={{ label: axis === 'step' ? 'step' : 'time since the first step', kind: 'linear', format: xText }}
        y={{ label: 'loss (nats per token)', kind: 'linear', format: formatSteppedTick }}
        series={trained.flatMap(({ run, mark, steps }): XySeries[] => {
          const colour = rankColour(mark.rank, palette.scheme);
          const raw = decimate(lossCurve([...steps], axis), DRAWN_POINTS);
          const smooth = decimate(smoothed(lossCurve([...steps], axis), run.steps), DRAWN_POINTS);
          const held = validationCurve(run.evaluations, [...steps], axis);
          const pointsOf = ({ x, y }: typeof raw, what: string) =>
            Array.from(x, (at, i) => ({
              x: at,
              y: y[i] ?? Number.NaN,
              tip: `${mark.label}, ${what}\n${xText(at)}: ${formatLoss(y[i] ?? Number.NaN)}`,
            })).filter((point) => Number.isFinite(point.y));
          return [
            {
              label: `${mark.label} raw`,
              colour,
              width: 1,
              opacity: 0.28,
              hasDots: false,
              points: pointsOf(raw, 'step'),
            },
            {
              label: mark.label,
              colour,
              width: 2,
              dash: mark.dash,
              hasDots: false,
              endLabel: mark.label,
              points: pointsOf(smooth, 'smoothed'),
            },
            { label: `${mark.label} held out`, colour, width: 0, hasDots: true, points: pointsOf(held, 'held out') },
          ];
        })}
      />
    ),
    table: {
      header: ['run', 'rank', 'step', 'time (s)', 'loss', 'held-out loss'],
      rows: trained.flatMap(({ run, steps }) => {
        const held = new Map(run.evaluations.map(({ step, loss }) => [step, loss]));
        const every = Math.ceil(steps.length / TABLE_ROWS);
        return steps
          .filter((m, i) => i % every === 0 || i === steps.length - 1 || held.has(m.step))
          .map((m) => [
            run.name,
            run.settings.adapter.rank,
            m.step,
            m.elapsedMs / 1000,
            m.loss,
            held.get(m.step) ?? null,
          ]);
      }),
    },
  };
}
