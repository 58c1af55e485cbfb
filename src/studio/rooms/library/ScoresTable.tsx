// What Evaluate kept of a run: a row for each set of rows that it answered, the base's scores beside its own.
import type { RunRecord } from '../../../worker/protocol.ts';
import { formatExact } from '../../format.ts';
import { routeTo } from '../../routing.ts';
import { SCORES } from '../../runs/scoreKinds.ts';
import styles from './library.module.css';

export function ScoresTable({ runId, scores }: { runId: string; scores: NonNullable<RunRecord['scores']> }) {
  const shown = SCORES.filter(({ name }) => scores.some(({ adapter }) => adapter[name] !== undefined));
  return (
    <section>
      <h3>Evaluated</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too. */}
      <section className={styles.scoresBox} tabIndex={0} aria-label="Scores with the base's below">
        <table className={styles.numbers}>
          <caption className="visually-hidden">Scores on evaluated rows, with those of the base below</caption>
          <thead>
            <tr>
              <th scope="col">Rows</th>
              {shown.map(({ name, title, help }) => (
                <th key={name} scope="col" title={help}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {scores.map(({ dataKey, dataName, questions, adapter, base }) => (
              <tr key={dataKey}>
                <th scope="row">
                  {dataName}: {formatExact(questions)} contexts
                </th>
                {shown.map(({ name, format }) => {
                  const [own, bases] = [adapter[name], base?.[name]];
                  return (
                    <td key={name}>
                      {own ? `${format(own.value)} (${format(own.low)} to ${format(own.high)})` : '—'}
                      {bases && <span className={styles.baseScore}>base {format(bases.value)}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p>
        <a href={routeTo('playground', { run: runId })}>Read the answers in the Playground</a>
      </p>
    </section>
  );
}
