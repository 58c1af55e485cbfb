// Every evaluation of a run on its held-out rows.
import type { EvaluationResult } from '../../../worker/protocol/runs.ts';
import { formatExact, formatLoss, formatShare } from '../../format.ts';
import styles from './library.module.css';

export function EvaluationTable({ evaluations }: { evaluations: EvaluationResult[] }) {
  return (
    <section>
      <h3>On held-out rows</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long table is scrolled with the keyboard too. */}
      <section className={styles.tall} tabIndex={0} aria-label="Evaluations on held-out rows">
        <table className={styles.numbers}>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Loss</th>
              <th scope="col">Perplexity</th>
              <th scope="col">Right tokens</th>
              <th scope="col">Rows</th>
            </tr>
          </thead>
          <tbody>
            {evaluations.map((evaluation) => (
              <tr key={evaluation.step}>
                <th scope="row">{formatExact(evaluation.step)}</th>
                <td>{formatLoss(evaluation.loss)}</td>
                <td>{formatLoss(evaluation.perplexity)}</td>
                <td>{formatShare(evaluation.tokenAccuracy)}</td>
                <td>{formatExact(evaluation.rows)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
