// φ(A₁, A₂, i, j) for every i and j of two adapters, beside the same of two random matrices.
import type { Calls } from '../../../../worker/protocol.ts';
import { HeatMaps } from '../../../charts/pictures/HeatMaps.tsx';
import type { Picture } from '../../../charts/pictures/pictureTypes.ts';
import { type ComparedRun, type MatrixPlace, placeText } from '../compared.ts';

export type Side = Calls['compareSubspaces']['request']['side'];
export type Similarity = Calls['compareSubspaces']['reply'];

export const SIDES: Record<Side, string> = {
  a: 'right singular vectors of A',
  right: 'right singular vectors of ΔW (what it reads)',
  left: 'left singular vectors of ΔW (what it writes)',
};

/** Rows and columns drawn at most; beyond, every so many. The table has all. */
const DRAWN = 64;

export interface SimilarityChoice {
  runs: readonly [ComparedRun, ComparedRun];
  place: MatrixPlace;
  side: Side;
}

export function similarityPicture(
  { runs: [first, second], place, side }: SimilarityChoice,
  found: Similarity,
): Picture {
  const { rows, cols, dimensions, phi, random } = found;
  const shownRows = indices(rows);
  const shownCols = indices(cols);
  const [one, other] = [first.mark.label, second.mark.label];
  const panel = (title: string, values: readonly number[]) => ({
    title,
    rows: shownRows.map((i) => String(i + 1)),
    cols: shownCols.map((j) => String(j + 1)),
    value: (row: number, col: number) => values[(shownRows[row] ?? 0) * cols + (shownCols[col] ?? 0)] ?? null,
    tip: (row: number, col: number) => {
      const [i, j] = [shownRows[row] ?? 0, shownCols[col] ?? 0];
      return `top ${i + 1} of ${one}, top ${j + 1} of ${other}\nφ = ${(values[i * cols + j] ?? 0).toFixed(3)}`;
    },
  });
  return {
    id: `similarity-${place.target}-${place.layer}`,
    title: `Subspace similarity of ${one} and ${other}, ${placeText(place)}`,
    note: `φ(i, j) = ‖U₁ⁱᵀ·U₂ʲ‖² / min(i, j) of the ${SIDES[side]}; 1: one holds the other; ${dimensions} dimensions`,
    draw: (width, palette) => (
      <HeatMaps
        width={width}
        palette={palette}
        label={`Subspace similarity of ${one} and ${other} in ${placeText(place)}, and of two random matrices`}
        panels={[panel(`${one} and ${other}`, phi), panel('two random matrices', random)]}
        rowLabel={`i of ${one}`}
        colLabel={`j of ${other}`}
        measure="φ"
        range={[0, 1]}
        format={(value) => String(value)}
      />
    ),
    table: {
      header: [`i of ${one}`, `j of ${other}`, 'φ', 'φ of random matrices'],
      rows: phi.map((value, at) => [Math.floor(at / cols) + 1, (at % cols) + 1, value, random[at] ?? null]),
    },
  };
}

function indices(count: number): number[] {
  const every = Math.ceil(count / DRAWN);
  return Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
}
