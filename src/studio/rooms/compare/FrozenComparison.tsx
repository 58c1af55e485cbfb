// ΔW against the frozen weights of one matrix, as table 7 of the LoRA paper.

import { cellText } from '../../charts/pictures/cellText.ts';
import pictureStyles from '../../charts/pictures/pictures.module.css';
import { toCsv } from '../../runs/csv.ts';
import { RankMark } from '../../runs/RankMark.tsx';
import { saveCsv } from '../../runs/saveFile.ts';
import styles from './compare.module.css';
import { type ComparedRun, type MatrixPlace, placeText } from './compared.ts';
import { frozenRows, frozenTable } from './frozenRows.ts';

export function FrozenComparison({ compared, place }: { compared: readonly ComparedRun[]; place: MatrixPlace }) {
  const found = frozenRows(compared, place);
  if (!found) return null;
  const save = () => {
    const { header, rows } = frozenTable(compared);
    saveCsv(
      'rankwise-frozen-weights.csv',
      toCsv(
        [...header],
        rows.map((row) => [...row]),
      ),
    );
  };
  const title = `ΔW against the frozen weights, ${placeText(place)}`;
  return (
    <figure className={pictureStyles.picture}>
      <figcaption className={pictureStyles.caption}>
        <span className={pictureStyles.title}>{title}</span>
        <span className={pictureStyles.note}>
          Frobenius norms, W as the model’s files have it; table 7 of the LoRA paper
        </span>
        <span className={pictureStyles.buttons}>
          <button type="button" aria-label="Frozen weights, every matrix, as CSV" onClick={save}>
            CSV of every matrix
          </button>
        </span>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scroll} tabIndex={0} aria-label={title}>
        <table className={styles.table}>
          <thead>
            <tr>
              <td />
              {found.runs.map(({ run, mark }) => (
                <th key={run.id} scope="col">
                  <RankMark rank={mark.rank} label={mark.label} dash={mark.dash} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.rows.map(({ key, label, values }) => (
              <tr key={key}>
                <th scope="row">{label}</th>
                {found.runs.map(({ run }, column) => (
                  <td key={run.id}>{cellText(values[column])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </figure>
  );
}
