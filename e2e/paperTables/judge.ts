// Which answers are right: the query is run on the row's own table, as the Playground does it.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { sqlTableOf } from '../../src/data/builtinTasks.ts';
import { isSameResult, runSql } from '../../src/worker/sqlite.ts';
import { HELD_OUT_ROWS, ROWS } from './grids.ts';

const rowSchema = z.looseObject({ target: z.string() });
const answerSchema = z.object({
  line: z.int(),
  answers: z.record(
    z.string(),
    z.object({ answer: z.string(), exactMatch: z.boolean(), loss: z.number(), tokens: z.number() }),
  ),
});

export interface Judged {
  /** By held-out row. */
  readonly isRight: readonly boolean[];
  readonly exact: number;
  /** Nats per target token. */
  readonly loss: number;
}

function jsonLines<T>(path: string, schema: z.ZodType<T>): T[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

/** By answerer, `base` among them. */
export async function judgeAnswers(path: string): Promise<Map<string, Judged>> {
  const rows = jsonLines(HELD_OUT_ROWS, rowSchema);
  const asked = jsonLines(path, answerSchema).slice(0, ROWS);
  const names = Object.keys(asked[0]?.answers ?? {});
  const judged = new Map<string, Judged>();
  for (const name of names) {
    const isRight: boolean[] = [];
    const sums = { exact: 0, loss: 0, tokens: 0 };
    for (const { line, answers } of asked) {
      const { answer, exactMatch, loss, tokens } = answers[name]!;
      const row = rows[line - 1]!;
      const table = sqlTableOf(row);
      if (!table) throw new Error(`${HELD_OUT_ROWS}, line ${line}: no table`);
      isRight.push(isSameResult(row.target, await runSql(table, row.target), await runSql(table, answer.trim())));
      sums.exact += exactMatch ? 1 : 0;
      sums.loss += loss * tokens;
      sums.tokens += tokens;
    }
    judged.set(name, { isRight, exact: sums.exact / asked.length, loss: sums.loss / sums.tokens });
  }
  return judged;
}
