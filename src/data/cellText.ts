// A cell as text. Numbers and truth values read as JSON writes them: an answer of 72 and one of "72" are the same. Dates,
// which Parquet has, read as ISO 8601, without a time where they have none.
import { DataError } from './types.ts';

/** Throws DataError, naming the column, for a cell that is missing, a list or an object. */
export function cellText(values: Record<string, unknown>, column: string): string {
  const cell = values[column];
  switch (typeof cell) {
    case 'string':
      return cell;
    case 'number':
      if (Number.isNaN(cell)) break;
      return String(cell);
    case 'bigint':
    case 'boolean':
      return String(cell);
    case 'object':
      if (cell === null) break;
      if (cell instanceof Date && !Number.isNaN(cell.getTime()))
        return cell.toISOString().replace('T00:00:00.000Z', '');
      throw new DataError(`column "${column}" is not text but ${Array.isArray(cell) ? 'a list' : 'an object'}`);
    default:
  }
  throw new DataError(`column "${column}" is missing`);
}

/** As cellText, but what is missing is empty: a column that not every row fills. */
export function optionalText(values: Record<string, unknown>, column: string): string {
  return values[column] === undefined || values[column] === null ? '' : cellText(values, column);
}
