// One JSON value that should be a row.
import { excerpt, type Row, type RowProblem } from '../types.ts';

/** `text` should hold one object. */
export function jsonRow(line: number, text: string): Row | RowProblem {
  let value: unknown;
  try {
    value = parseLeniently(text);
  } catch (error) {
    return {
      line,
      reason: `wrong JSON: ${error instanceof Error ? error.message : String(error)}`,
      excerpt: excerpt(text),
    };
  }
  const values = asRow(value);
  if (values) return { line, values };
  return { line, reason: `expected a JSON object with named columns, got ${kindOf(value)}`, excerpt: excerpt(text) };
}

/** As JSON.parse, but takes the NaN and Infinity that Python writes, as null. */
export function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g, (found) => (found.startsWith('"') ? found : 'null')),
    );
  }
}

const viewerKeys = ['row', 'row_idx', 'truncated_cells'];

/** An object is a row, and so is a string, of one column; `{"row": {…}}`, as the Hub's data set viewer gives it, is the row inside. */
function asRow(value: unknown): Record<string, unknown> | undefined {
  if (typeof value === 'string') return { text: value };
  if (!isObject(value)) return undefined;
  const { row } = value;
  return isObject(row) && Object.keys(value).every((key) => viewerKeys.includes(key)) ? row : value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
