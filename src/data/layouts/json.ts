// A .json file: an array of objects, an object that holds one ({"data": […]}, {"train": […]}), or an object of columns.
// Elements are cut out of the text first and parsed one by one, so that every row knows its line and a broken one does
// not cost the others.
import { isChatColumn } from '../columnNames.ts';
import { excerpt, type ParsedRows } from '../types.ts';
import { cutArray, cutObject, type JsonPiece } from './jsonPieces.ts';
import { isObject, parsedRow } from './jsonRow.ts';
import { rowCollector } from './rowCollector.ts';

/** Names under which the table stands, best first. */
const tableNames = ['data', 'rows', 'train', 'examples', 'instances', 'samples', 'items', 'records'];

export function parseJson(text: string): ParsedRows {
  const start = text.search(/\S/);
  if (text[start] === '[') return rowsOf(cutArray(text, start));
  const members = cutObject(text, start);
  const table = findTable(members);
  if (table) return rowsOf(cutArray(text, table.start));
  return parseColumns(text) ?? singleRow(text, start);
}

function rowsOf(pieces: JsonPiece[]): ParsedRows {
  const collector = rowCollector();
  for (const { line, text } of pieces) collector.add(line, text, parsedRow(text));
  return collector.finish();
}

function findTable(members: JsonPiece[]): JsonPiece | undefined {
  const tables = members.filter(({ name, text }) => /^\[\s*\{/.test(text) && !isChatColumn(name));
  const preferred = tableNames.map((name) => tables.find((member) => member.name.toLowerCase() === name));
  return preferred.find((member) => member !== undefined) ?? tables[0];
}

/** {"context": ["…", "…"], "target": ["…", "…"]}: every member a column of the same length. */
function parseColumns(text: string): ParsedRows | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const columns: { name: string; cells: unknown[] }[] = [];
  for (const [name, cells] of Object.entries(value)) {
    if (Array.isArray(cells)) columns.push({ name, cells });
    else if (isObject(cells)) columns.push({ name, cells: Object.values(cells) }); // pandas: {"0": …, "1": …}
  }
  if (columns.length === 0 || columns.length < Object.keys(value).length || isSingleChat(columns)) return undefined;
  const count = Math.max(...columns.map(({ cells }) => cells.length));
  const parsed: ParsedRows = { columns: columns.map(({ name }) => name), rows: [], problems: [] };
  for (let i = 0; i < count; i++) {
    const values = Object.fromEntries(columns.map(({ name, cells }) => [name, cells[i]]));
    const short = columns.find(({ cells }) => i >= cells.length);
    if (!short) {
      parsed.rows.push({ line: i + 1, values });
      continue;
    }
    const reason = `column "${short.name}" has ${short.cells.length} values, another has ${count}`;
    parsed.problems.push({ line: i + 1, reason, excerpt: excerpt(JSON.stringify(values)) });
  }
  return parsed;
}

const isSingleChat = (columns: { name: string; cells: unknown[] }[]) =>
  columns.some(({ name, cells }) => isChatColumn(name) && cells.every(isObject));

function singleRow(text: string, start: number): ParsedRows {
  const collector = rowCollector();
  const line = text.slice(0, start).split('\n').length;
  collector.add(line, text, parsedRow(text.slice(start)));
  return collector.finish();
}
