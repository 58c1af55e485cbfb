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
  const objects = objectsInARow(text, start);
  if (objects) return objects;
  const members = cutObject(text, start);
  const [table, ...others] = findTables(members);
  if (table) {
    const parsed = rowsOf(cutArray(text, table.start));
    const reason = `only the rows under "${table.name}" are read; give those under "others" a file of their own`;
    parsed.problems.push(
      ...others.map(({ line, name }) => ({ line, reason: reason.replace('others', name), excerpt: '' })),
    );
    return parsed;
  }
  return parseColumns(text) ?? singleRow(text, start);
}

function rowsOf(pieces: JsonPiece[]): ParsedRows {
  const collector = rowCollector();
  for (const { line, text } of pieces) collector.add(line, text, parsedRow(text));
  return collector.finish();
}

/** Objects over several lines, one after the other without a bracket around them, as jq prints them. */
function objectsInARow(text: string, start: number): ParsedRows | undefined {
  const between = /\}\s*\n\s*\{/g;
  const first = between.exec(text);
  if (!first || 'reason' in parsedRow(text.slice(start, first.index + 1))) return undefined;
  const joined = text.slice(start).replace(between, (gap) => gap.replace('}', '},'));
  return rowsOf(cutArray(`${text.slice(0, start)}[${joined}]`, start));
}

/** The members that are tables, the one to read first. */
function findTables(members: JsonPiece[]): JsonPiece[] {
  const tables = members.filter(
    ({ name, text }) => /^\[\s*\{/.test(text) && !isChatColumn(name) && !holdsMessages(text),
  );
  const place = ({ name }: JsonPiece) => tableNames.indexOf(name.toLowerCase()) + 1 || tableNames.length + 1;
  return tables.sort((a, b) => place(a) - place(b));
}

const holdsMessages = (text: string) => /^\[\s*\{\s*"(role|from)"\s*:/.test(text);

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
