// A .json file: an array of objects, an object that holds one ({"data": […]}, {"train": […]}), or an object of columns.
// Elements are cut out of the text first and parsed one by one, so that every row knows its line and a broken one does
// not cost the others.
import { isChatColumn } from '../columnNames.ts';
import { excerpt, type Row, type RowProblem } from '../types.ts';
import { cutObject, cutPieces, type JsonMember } from './jsonPieces.ts';
import { isObject, jsonRow, parseLeniently } from './jsonRow.ts';

/** Names under which the table stands, best first. */
const tableNames = ['data', 'rows', 'train', 'examples', 'instances', 'samples', 'items', 'records'];

type Rows = () => Iterable<Row | RowProblem>;

/** What is called reads the rows from the beginning. */
export function jsonRows(text: string): Rows {
  const start = text.search(/\S/);
  if (text[start] === '[') return arrayRows(text, start);
  const objects = objectsInARow(text, start);
  if (objects) return objects;
  const [table, ...others] = findTables(cutObject(text, start, !isClosed(text, start)));
  if (!table) return columnRows(text) ?? (() => [jsonRow(text.slice(0, start).split('\n').length, text.slice(start))]);
  const rows = arrayRows(text, table.start);
  return function* () {
    yield* rows();
    for (const { line, name } of others) {
      const reason = `only the rows under "${table.name}" are read; give those under "${name}" a file of their own`;
      yield { line, reason, excerpt: '' };
    }
  };
}

function arrayRows(text: string, open: number): Rows {
  const isBroken = !isClosed(text, open, parses);
  return function* () {
    for (const piece of cutPieces(text, open, isBroken)) yield jsonRow(piece.line, piece.text);
  };
}

/** Whether its brackets close, and every element is as it must be. */
function isClosed(text: string, open: number, isSound: (element: string) => boolean = () => true): boolean {
  const pieces = cutPieces(text, open, false);
  for (;;) {
    const next = pieces.next();
    if (next.done) return next.value;
    if (!isSound(next.value.text)) return false;
  }
}

function parses(text: string): boolean {
  try {
    parseLeniently(text);
    return true;
  } catch {
    return false;
  }
}

/** Objects over several lines, one after the other without a bracket around them, as jq prints them. */
function objectsInARow(text: string, start: number): Rows | undefined {
  const between = /\}\s*\n\s*\{/g;
  const first = between.exec(text);
  if (!first || !parses(text.slice(start, first.index + 1))) return undefined;
  const joined = text.slice(start).replace(between, (gap) => gap.replace('}', '},'));
  return arrayRows(`${text.slice(0, start)}[${joined}]`, start);
}

/** The members that are tables, the one to read first. */
function findTables(members: JsonMember[]): JsonMember[] {
  const tables = members.filter(
    ({ name, text }) => /^\[\s*\{/.test(text) && !isChatColumn(name) && !holdsMessages(text),
  );
  const place = ({ name }: JsonMember) => tableNames.indexOf(name.toLowerCase()) + 1 || tableNames.length + 1;
  return tables.sort((a, b) => place(a) - place(b));
}

const holdsMessages = (text: string) => /^\[\s*\{\s*"(role|from)"\s*:/.test(text);

/** {"context": ["…", "…"], "target": ["…", "…"]}: every member a column of the same length. */
function columnRows(text: string): Rows | undefined {
  const columns = parsedColumns(text);
  if (!columns) return undefined;
  const count = Math.max(...columns.map(({ cells }) => cells.length));
  return function* () {
    for (let i = 0; i < count; i++) {
      const values = Object.fromEntries(columns.map(({ name, cells }) => [name, cells[i]]));
      const short = columns.find(({ cells }) => i >= cells.length);
      if (!short) {
        yield { line: i + 1, values };
        continue;
      }
      const reason = `column "${short.name}" has ${short.cells.length} values, another has ${count}`;
      yield { line: i + 1, reason, excerpt: excerpt(JSON.stringify(values)) };
    }
  };
}

interface JsonColumn {
  name: string;
  cells: unknown[];
}

function parsedColumns(text: string): JsonColumn[] | undefined {
  let value: unknown;
  try {
    value = parseLeniently(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const columns: JsonColumn[] = [];
  for (const [name, cells] of Object.entries(value)) {
    if (Array.isArray(cells)) columns.push({ name, cells });
    else if (isObject(cells)) columns.push({ name, cells: Object.values(cells) }); // pandas: {"0": …, "1": …}
  }
  const isTable = columns.length > 0 && columns.length === Object.keys(value).length && !isSingleChat(columns);
  return isTable ? columns : undefined;
}

const isSingleChat = (columns: JsonColumn[]) =>
  columns.some(({ name, cells }) => isChatColumn(name) && cells.every(isObject));
