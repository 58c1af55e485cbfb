// What Evaluate kept of a run: a table for each set of rows that it answered, the base's scores beside its own.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatNoun } from '../../format.ts';
import { routeTo } from '../../routing.ts';
import { SCORES } from '../../runs/scoreKinds.ts';
import styles from './library.module.css';

export function ScoresTable({ runId, scores }: { runId: string; scores: NonNullable<RunRecord['scores']> }) {
  return (
    <section>
      <h3>Evaluated</h3>
      {scores.map(({ dataKey, dataName, questions, adapter, base }) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard too.
        <section key={dataKey} className={styles.tall} tabIndex={0} aria-label={`Scores on ${dataName}`}>
          <table className={styles.numbers}>
            <caption className={styles.evaluatedRows}>
              {dataName}: {formatNoun(questions, 'context')}
            </caption>
            <thead>
              <tr>
                <th scope="col">Score</th>
                <th scope="col">Adapter</th>
                <th scope="col">95 % interval</th>
                <th scope="col">Base</th>
              </tr>
            </thead>
            <tbody>
              {SCORES.map(({ name, title, help, format }) => {
                const [own, bases] = [adapter[name], base?.[name]];
                if (!own) return null;
                return (
                  <tr key={name}>
                    <th scope="row" title={help}>
                      {title}
                    </th>
                    <td>{format(own.value)}</td>
                    <td>
                      {format(own.low)} to {format(own.high)}
                    </td>
                    <td>{bases ? format(bases.value) : '—'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      ))}
      <p>
        <a href={routeTo('playground', { run: runId })}>Read the answers in the Playground</a>
      </p>
    </section>
  );
}
