// Where in the network the change happened: layer × target, one panel per run, all on one scale.
import { HeatMaps } from '../../../charts/pictures/HeatMaps.tsx';
import type { Picture } from '../../../charts/pictures/pictureTypes.ts';
import { formatTick } from '../../../format.ts';
import { adaptedPlaces, atPlace, type ComparedRun, type MatrixPlace, placeText } from '../compared.ts';

export type ChangeMeasure = 'norm' | 'amplification' | 'effectiveRank';

interface Kind {
  title: string;
  note: string;
  unit: string;
  isLog: boolean;
  format: (value: number) => string;
  of: (compared: ComparedRun, place: MatrixPlace) => number | null;
}

export const CHANGES: Record<ChangeMeasure, Kind> = {
  norm: {
    title: 'Norm of ΔW',
    note: 'Frobenius norm of scaling·B·A for each layer and matrix',
    unit: '‖ΔW‖',
    isLog: false,
    format: formatTick,
    of: ({ spectra }, place) => atPlace(spectra, place)?.norm ?? null,
  },
  amplification: {
    title: 'Amplification',
    note: '‖ΔW‖ / ‖Uᵀ·W·V‖ with the directions of ΔW: how much stronger what the model already had there became',
    unit: 'amplification factor',
    isLog: true,
    format: (value) => `${formatTick(value)}×`,
    of: ({ amplifications }, place) => atPlace(amplifications, place)?.factor ?? null,
  },
  effectiveRank: {
    title: 'Effective rank',
    note: 'exp of the entropy of the singular values’ shares (Roy and Vetterli 2007), of the rank there is',
    unit: 'effective rank / rank',
    isLog: false,
    format: formatTick,
    of: ({ spectra }, place) => {
      const spectrum = atPlace(spectra, place);
      return spectrum && spectrum.rank > 0 ? spectrum.effectiveRank / spectrum.rank : null;
    },
  },
};

/** Null where no run was measured. */
export function changePicture(compared: readonly ComparedRun[], measure: ChangeMeasure): Picture | null {
  const { title, note, unit, isLog, format, of } = CHANGES[measure];
  const { layers, targets } = adaptedPlaces(compared);
  const places = layers.flatMap((layer) => targets.map((target) => ({ layer, target })));
  const measured = compared.filter((one) => places.some((place) => of(one, place) !== null));
  const values = measured.flatMap((one) => places.flatMap((place) => of(one, place) ?? []));
  if (values.length === 0) return null;
  const range: [number, number] = isLog
    ? [Math.min(...values.filter((value) => value > 0)), Math.max(...values)]
    : [0, measure === 'effectiveRank' ? 1 : Math.max(...values)];
  const bottomUp = layers.toReversed();
  return {
    id: `change-${measure}`,
    title: `${title} by layer and matrix`,
    note,
    draw: (width, palette) => (
      <HeatMaps
        width={width}
        palette={palette}
        label={`${title} by layer and matrix, from ${format(range[0])} to ${format(range[1])}`}
        panels={measured.map((one) => ({
          title: one.mark.label,
          rows: bottomUp.map(String),
          cols: targets,
          value: (row, col) => of(one, { layer: bottomUp[row] ?? 0, target: targets[col] ?? 'q' }),
          tip: (row, col) => {
            const place = { layer: bottomUp[row] ?? 0, target: targets[col] ?? ('q' as const) };
            const value = of(one, place);
            return `${one.mark.label}, ${placeText(place)}\n${unit}: ${value === null ? 'not adapted' : format(value)}`;
          },
        }))}
        rowLabel="layer"
        colLabel="matrix"
        measure={unit}
        range={range}
        isLog={isLog}
        format={format}
      />
    ),
    table: {
      header: ['run', 'rank', 'layer', 'matrix', unit],
      rows: measured.flatMap((one) =>
        places.map((place) => [one.run.name, one.mark.rank, place.layer, place.target, of(one, place)]),
      ),
    },
  };
}
