// What each adapter reached against what it took: its rank, its parameters or its file.
import type { RunRecord } from '../../../../worker/protocol/runs.ts';
import type { Picture } from '../../../charts/pictures/pictureTypes.ts';
import type { ScaleKind } from '../../../charts/pictures/scales.ts';
import { type XyAxis, XyPlot, type XySeries } from '../../../charts/pictures/XyPlot.tsx';
import { formatBytes, formatCount } from '../../../format.ts';
import { rankColour } from '../../../theme/rankColour.ts';
import type { ComparedRun } from '../compared.ts';
import { textOf } from '../enoughRank.ts';
import { candidatesOf } from '../overSeeds.ts';
import type { Estimate, QualityMeasure } from '../quality.ts';
import { groupLabel } from '../runMarks.ts';

export type Against = 'rank' | 'parameters' | 'fileBytes' | 'matrices';

function ends({ low, high }: Estimate): { low?: number; high?: number } {
  return low === undefined || high === undefined ? {} : { low, high };
}

interface Axis {
  title: string;
  label: string;
  kind: ScaleKind;
  of: (run: RunRecord) => number;
  format: (value: number) => string;
}

export const AGAINST: Record<Against, string> = {
  rank: 'Rank',
  parameters: 'Parameters',
  fileBytes: 'File size',
  matrices: 'Matrices',
};

function axisOf(against: Against, compared: readonly ComparedRun[]): Axis {
  const title = AGAINST[against];
  switch (against) {
    case 'rank':
      return {
        title,
        label: 'rank r (doubling scale)',
        kind: 'log2',
        of: ({ settings }) => settings.adapter.rank,
        format: String,
      };
    case 'parameters':
      return {
        title,
        label: 'trainable parameters (log scale)',
        kind: 'log10',
        of: ({ plan }) => plan.trainableParameters,
        format: formatCount,
      };
    case 'fileBytes':
      return {
        title,
        label: 'adapter file (log scale)',
        kind: 'log10',
        of: ({ plan }) => plan.adapterFileBytes,
        format: formatBytes,
      };
    case 'matrices': {
      // Places from 1, in the order of the runs.
      const sets = matrixSets(compared.map(({ run }) => run));
      return {
        title,
        label: 'adapted matrices',
        kind: 'linear',
        of: (run) => sets.indexOf(matricesOf(run)) + 1,
        format: (place) => sets[place - 1] ?? '',
      };
    }
    default:
      return against satisfies never;
  }
}

/** Every set of adapted matrices among the runs. */
export function matrixSets(runs: readonly RunRecord[]): string[] {
  return [...new Set(runs.map(matricesOf))];
}

function matricesOf({ settings }: RunRecord): string {
  return settings.adapter.targets.join(', ');
}

export function qualityPicture(compared: readonly ComparedRun[], measure: QualityMeasure, against: Against): Picture {
  const { title, label, kind, of, format } = axisOf(against, compared);
  const known = compared.flatMap(({ run, mark }) => {
    const estimate = measure.of(run);
    return estimate && of(run) > 0 ? [{ run, mark, estimate, x: of(run) }] : [];
  });
  const xs = [...new Set(known.map(({ x }) => x))].sort((a, b) => a - b);
  const x: XyAxis = { label, kind, format, ticks: xs };
  const all = compared.map(({ run }) => run);
  const groups = candidatesOf(all, measure).filter(({ runs }) => runs.length > 1);
  const isGrouped = (run: RunRecord) => groups.some(({ runs }) => runs.includes(run));
  const hasIntervals = known.some(({ estimate }) => estimate.low !== undefined) || groups.length > 0;
  return {
    id: `quality-by-${against}`,
    title: `${measure.label} against ${title.toLowerCase()}`,
    note: `${measure.better === 'low' ? 'lower' : 'higher'} is better${hasIntervals ? '; whiskers: 95 % intervals' : ''}`,
    draw: (width, palette) => (
      <XyPlot
        width={width}
        height={280}
        palette={palette}
        label={`${measure.label} against ${title.toLowerCase()}. ${known.map(({ mark, estimate }) => `${mark.label}: ${textOf(estimate, measure)}`).join('; ')}`}
        x={x}
        y={{ label: measure.axis, kind: 'linear', format: measure.tick }}
        rule={measure.base === null ? undefined : { y: measure.base, label: `base, ${measure.format(measure.base)}` }}
        series={[
          ...groups.map(({ rank, estimate, runs }): XySeries => {
            const [first] = runs;
            const at = first ? of(first) : 0;
            return {
              label: `mean ${first?.id}`,
              colour: rankColour(rank, palette.scheme),
              width: 0,
              hasDots: true,
              endLabel: first ? groupLabel(first, all) : '',
              points: [
                {
                  x: at,
                  y: estimate.value,
                  ...ends(estimate),
                  tip: `mean of ${runs.length} seeds\n${title}: ${format(at)}\n${textOf(estimate, measure)}`,
                },
              ],
            };
          }),
          ...known.map(
            ({ run, mark, estimate, x: at }): XySeries => ({
              label: run.id,
              colour: rankColour(mark.rank, palette.scheme),
              width: 0,
              hasDots: true,
              // Of several seeds the mean is what is read.
              ...(isGrouped(run) ? { opacity: 0.4 } : { endLabel: mark.label }),
              points: [
                {
                  x: at,
                  y: estimate.value,
                  ...(isGrouped(run) ? {} : ends(estimate)),
                  tip: `${mark.label}, ${run.name}\n${title}: ${format(at)}\n${textOf(estimate, measure)}`,
                },
              ],
            }),
          ),
        ]}
      />
    ),
    table: {
      header: ['run', 'rank', 'matrices', 'trainable parameters', 'file (bytes)', measure.label, 'low', 'high'],
      rows: known.map(({ run, estimate }) => [
        run.name,
        run.settings.adapter.rank,
        matricesOf(run),
        run.plan.trainableParameters,
        run.plan.adapterFileBytes,
        estimate.value,
        estimate.low ?? null,
        estimate.high ?? null,
      ]),
    },
  };
}
