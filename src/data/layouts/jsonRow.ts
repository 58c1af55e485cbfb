// One JSON value that should be a row.

export type JsonRow = { values: Record<string, unknown> } | { reason: string };

/** Parses text that should hold one object. */
export function parsedRow(text: string): JsonRow {
  let value: unknown;
  try {
    value = parseLeniently(text);
  } catch (error) {
    return { reason: `wrong JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  return asRow(value);
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

/** An object is a row, and so is a string, of one column; `{"row": {…}}`, as the Hub's data set viewer gives it, is the row inside. */
function asRow(value: unknown): JsonRow {
  if (typeof value === 'string') return { values: { text: value } };
  if (!isObject(value)) return { reason: `expected a JSON object with named columns, got ${kindOf(value)}` };
  const { row, ...rest } = value;
  if (isObject(row) && Object.keys(rest).every((key) => key === 'row_idx' || key === 'truncated_cells')) {
    return { values: row };
  }
  return { values: value };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
