// Whether an answer is right, as the task judges it: a query by what it gives on the table, anything else by its words.
import type { TaskExample } from '../../../worker/protocol/playground.ts';
import type { SqlResult } from './playgroundStore.ts';
import { isSameText } from './wordDiff.ts';

export type Verdict = 'right' | 'wrong' | 'unknown';

/** `expected` and `result`: what the right query and the answer's gave; null where there is no table, or not yet. */
export function verdictOf(
  example: TaskExample | null,
  answer: string,
  expected: SqlResult | null,
  result: SqlResult | null,
): Verdict {
  if (example === null) return 'unknown';
  if (example.table === null) return isSameText(example.target, answer) ? 'right' : 'wrong';
  if (expected === null || result === null || 'error' in expected) return 'unknown';
  if ('error' in result) return 'wrong';
  return isSameResult(expected.rows, result.rows, /\border\s+by\b/i.test(example.target)) ? 'right' : 'wrong';
}

/** Same cells; the order of the rows counts only where the right query asks for one. */
function isSameResult(expected: string[][], given: string[][], isOrdered: boolean): boolean {
  const lines = (rows: string[][]) => {
    const all = rows.map((row) => JSON.stringify(row));
    return JSON.stringify(isOrdered ? all : all.sort());
  };
  return lines(expected) === lines(given);
}
