import { excerpt, type ParsedRows, type Row, type RowProblem } from '../types.ts';
import type { JsonRow } from './jsonRow.ts';

export interface RowCollector {
  /** `source` is the row as it stands in the file, for the problem list. */
  add(line: number, source: string, row: JsonRow): void;
  finish(): ParsedRows;
}

/** Gathers JSON rows, their problems, and the union of their keys in the order they first appear. */
export function rowCollector(): RowCollector {
  const columns = new Set<string>();
  const rows: Row[] = [];
  const problems: RowProblem[] = [];
  return {
    add(line, source, row) {
      if ('reason' in row) {
        problems.push({ line, reason: row.reason, excerpt: excerpt(source) });
        return;
      }
      for (const name of Object.keys(row.values)) columns.add(name);
      rows.push({ line, values: row.values });
    },
    finish: () => ({ columns: [...columns], rows, problems }),
  };
}
