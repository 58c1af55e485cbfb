// A held-out example's right answer; for a question about a table the table, and what the right query gives.
import type { TaskExample } from '../../../worker/protocol/playground.ts';
import styles from './playground.module.css';
import type { SqlResult } from './playgroundStore.ts';
import { QueryResult } from './QueryResult.tsx';
import { ResultTable } from './ResultTable.tsx';

export function RightAnswer({ example, expectedResult }: { example: TaskExample; expectedResult: SqlResult | null }) {
  return (
    <section className={styles.right} aria-label="Right answer">
      <div>
        <h3>Right answer</h3>
        <p className={styles.answer}>{example.target.trim()}</p>
      </div>
      {example.table !== null && (
        <>
          <ResultTable caption="The table t" columns={example.table.columns} rows={example.table.rows} />
          <QueryResult caption="The right result" result={expectedResult} />
        </>
      )}
    </section>
  );
}
