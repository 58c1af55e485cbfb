// Every row left out, by line and reason.
import type { DataDescription } from '../../../../worker/protocol/data.ts';
import { formatExact, formatNoun } from '../../../format.ts';
import styles from './data.module.css';

export function ProblemList({ description }: { description: DataDescription }) {
  const { problems, problemCount } = description;
  if (problemCount === 0) return null;
  return (
    <section>
      <h3>{formatNoun(problemCount, 'row')} left out</h3>
      <div className={styles.tableBox}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Reason</th>
              <th scope="col">Begins with</th>
            </tr>
          </thead>
          <tbody>
            {problems.map((problem) => (
              <tr key={`${problem.line} ${problem.reason}`}>
                <td>{formatExact(problem.line)}</td>
                <td>{problem.reason}</td>
                <td>
                  <code>{problem.excerpt}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {problems.length < problemCount && (
        <p className={styles.dim}>The first {formatExact(problems.length)} are shown.</p>
      )}
    </section>
  );
}
