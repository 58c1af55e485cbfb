// ΔW against the frozen weights in one matrix, a column per run: table 7 of the LoRA paper.
import type { MatrixAmplification } from '../../../worker/protocol/analysis.ts';
import type { PictureTable } from '../../charts/pictures/pictureTypes.ts';
import { atPlace, type ComparedRun, type MatrixPlace } from './compared.ts';

type Field = 'directions' | 'frozenNorm' | 'updateNorm' | 'alongUpdate' | 'alongFrozen' | 'alongRandom' | 'factor';

const ROWS: readonly { key: Field; label: string }[] = [
  { key: 'directions', label: 'r, directions taken' },
  { key: 'frozenNorm', label: '‖W‖' },
  { key: 'updateNorm', label: '‖ΔW‖' },
  { key: 'alongUpdate', label: '‖Uᵀ·W·V‖, directions of ΔW' },
  { key: 'alongFrozen', label: '‖Uᵀ·W·V‖, top directions of W' },
  { key: 'alongRandom', label: '‖Uᵀ·W·V‖, random directions' },
  { key: 'factor', label: 'Amplification, ‖ΔW‖ / ‖Uᵀ·W·V‖' },
];

export interface FrozenRow {
  key: Field;
  label: string;
  values: (number | null)[];
}

/** Null where no run was measured there. */
export function frozenRows(
  compared: readonly ComparedRun[],
  place: MatrixPlace,
): { runs: ComparedRun[]; rows: FrozenRow[] } | null {
  const runs = compared.filter(({ amplifications }) => atPlace(amplifications, place));
  if (runs.length === 0) return null;
  const of = ({ amplifications }: ComparedRun, key: Field): number | null => {
    const found: MatrixAmplification | undefined = atPlace(amplifications, place);
    return found ? found[key] : null;
  };
  return { runs, rows: ROWS.map(({ key, label }) => ({ key, label, values: runs.map((run) => of(run, key)) })) };
}

/** Every measured matrix of every run. */
export function frozenTable(compared: readonly ComparedRun[]): PictureTable {
  return {
    header: ['run', 'rank', 'layer', 'matrix', ...ROWS.map(({ label }) => label)],
    rows: compared.flatMap(({ run, mark, amplifications }) =>
      (amplifications ?? []).map((one) => [
        run.name,
        mark.rank,
        one.layer,
        one.target,
        ...ROWS.map(({ key }) => one[key]),
      ]),
    ),
  };
}
