// .csv and .tsv (RFC 4180). Quoted cells may hold line breaks. A row with a broken quote costs its own line only: reading
// starts again after it, where the rest of the file could be one cell.
import { knownColumnNames, normaliseName } from '../columnNames.ts';
import { ownText } from '../ownText.ts';
import { excerpt, type FirstRow, type OpenRows, type Row, type RowProblem } from '../types.ts';
import { looksLikeData } from './headerless.ts';

/** Each may have us look through the rest of the file for the closing quote. */
const mostBrokenQuotes = 200;
/** By these the delimiter is chosen, and whether the first row is one of data. */
const rowsLookedAt = 100;

interface TableRow {
  line: number;
  cells: string[];
}

export interface OpenTable extends OpenRows {
  /** As asked, or as it looks. */
  firstRow: FirstRow;
  rows(): Iterable<Row | RowProblem>;
}

/**
 * `delimiters`: those to choose from, unless a first line `sep=;` names it, as Excel writes it. The first row names the
 * columns, unless it looks like data or `firstRow` says so: then they are numbered.
 */
export function openTable(text: string, delimiters: readonly string[], firstRow?: FirstRow): OpenTable {
  const declared = /^\s*sep=([,;|\t])\r?\n/i.exec(text);
  const start = declared?.[0].length ?? 0;
  const delimiter = declared?.[1] ?? guessDelimiter(text, delimiters);
  const isQuoted = delimiter !== '\t' || !hasBrokenQuote(text, start);
  const table = { text, start, delimiter, isQuoted };
  const [first, ...next] = firstRows(table);
  if (!first) return { columns: [], firstRow: 'names', likelyRows: 0, rows: () => rowsOf(table, [], 0) };
  const looksSo = !mayBeNames(first) || (!hasKnownName(first) && looksLikeData(first, next));
  const chosen = firstRow ?? (looksSo ? 'data' : 'names');
  const columns = first.map((cell, i) => (chosen === 'names' ? ownText(nameOf(cell, i, first)) : numbered(i)));
  return {
    columns,
    firstRow: chosen,
    likelyRows: countNewlines(text, start, text.length),
    rows: () => rowsOf(table, columns, chosen === 'names' ? 1 : 0),
  };
}

interface Table {
  text: string;
  start: number;
  delimiter: string;
  /** Many .tsv files quote nothing and hold quotes as text; a broken quote tells that this is one of them. */
  isQuoted: boolean;
}

function* rowsOf(table: Table, columns: readonly string[], skipped: number): Generator<Row | RowProblem> {
  let count = 0;
  for (const row of tableRows(table)) {
    if ('reason' in row) {
      yield row;
      continue;
    }
    if (count++ < skipped) continue;
    const { line, cells } = row;
    const isLonger = cells.length > columns.length && cells.slice(columns.length).some((cell) => cell.trim() !== '');
    if (cells.length < columns.length || isLonger) {
      const reason = `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, expected ${columns.length}`;
      yield { line, reason, excerpt: excerpt(cells.join(' | ')) };
    } else {
      yield { line, values: Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])) };
    }
  }
}

function firstRows(table: Table): string[][] {
  const rows: string[][] = [];
  for (const row of tableRows(table)) {
    if ('cells' in row) rows.push(row.cells.map((cell) => cell.trim()));
    if (rows.length > rowsLookedAt) break;
  }
  return rows;
}

const numbered = (place: number) => `column ${place + 1}`;
const nameOf = (cell: string, place: number, cells: readonly string[]) =>
  cell !== '' && cells.indexOf(cell) === place ? cell : numbered(place);
const hasKnownName = (cells: readonly string[]) => cells.some((cell) => knownColumnNames.has(normaliseName(cell)));

/**
 * Whether cells may be names: filled in, and different. Where one is a name that data sets use, others may be empty or
 * repeated, and the first may be empty where pandas wrote its index.
 */
function mayBeNames(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== '');
  const hasIndex = cells[0] === '' && filled.length === cells.length - 1 && filled.length > 1;
  const differ = new Set(filled).size === filled.length;
  return hasKnownName(cells) || (differ && filled.length > 0 && (filled.length === cells.length || hasIndex));
}

function* tableRows({ text, start, delimiter, isQuoted }: Table): Generator<TableRow | RowProblem> {
  let line = 1 + countNewlines(text, 0, start);
  let quote = isQuoted ? find(text, '"', start) : Number.POSITIVE_INFINITY;
  let broken = 0;
  for (let at = start; at < text.length; ) {
    const lineEnd = Math.min(find(text, '\n', at), text.length);
    if (quote < at) quote = find(text, '"', at);
    const row = quote > lineEnd ? plainRow(text, at, lineEnd, delimiter) : quotedRow(text, at, delimiter);
    if (row) {
      if (row.cells.some((cell) => cell !== '')) yield { line, cells: row.cells };
      line += quote > lineEnd ? 1 : countNewlines(text, at, row.end);
      at = row.end;
      continue;
    }
    const isLast = broken++ === mostBrokenQuotes;
    const reason = isLast
      ? 'another quoted cell that is not closed properly; the file is not read further'
      : 'a quoted cell is not closed properly';
    yield { line, reason, excerpt: excerpt(text.slice(at, lineEnd)) };
    if (isLast) return;
    at = lineEnd + 1;
    line++;
  }
}

function find(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

interface CutRow {
  cells: string[];
  /** Where the next row starts. */
  end: number;
}

function plainRow(text: string, start: number, lineEnd: number, delimiter: string): CutRow {
  const end = text[lineEnd - 1] === '\r' && lineEnd > start ? lineEnd - 1 : lineEnd;
  return { cells: text.slice(start, end).split(delimiter), end: lineEnd + 1 };
}

/** Undefined where a quoted cell is not closed, or goes on after its closing quote. */
function quotedRow(text: string, start: number, delimiter: string): CutRow | undefined {
  const cells: string[] = [];
  for (let at = start; ; at++) {
    if (text[at] === '"') {
      let cell = '';
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote < 0) return undefined;
        at = quote + 1;
        cell += text.slice(from, text[at] === '"' ? at : quote);
        if (text[at] !== '"') break;
        from = at + 1;
      }
      while (text[at] === ' ') at++;
      cells.push(cell);
    } else {
      const line = text.slice(at, Math.min(find(text, '\n', at), text.length));
      const end = Math.min(find(line, delimiter, 0), line.length);
      cells.push(end === line.length ? line.replace(/\r$/, '') : line.slice(0, end));
      at += end;
    }
    if (at >= text.length || text[at] === '\n') return { cells, end: at + 1 };
    if (text.startsWith('\r\n', at)) return { cells, end: at + 2 };
    if (text[at] !== delimiter) return undefined;
  }
}

function hasBrokenQuote(text: string, start: number): boolean {
  for (const row of tableRows({ text, start, delimiter: '\t', isQuoted: true })) if ('reason' in row) return true;
  return false;
}

/** The one under which most of the first rows are as wide as the first. */
function guessDelimiter(text: string, delimiters: readonly string[]): string {
  const score = (delimiter: string) => {
    const widths: number[] = [];
    for (const row of tableRows({ text, start: 0, delimiter, isQuoted: true })) {
      widths.push('cells' in row ? row.cells.length : 0);
      if (widths.length > rowsLookedAt) break;
    }
    const [width = 0] = widths;
    return width < 2 ? 0 : widths.filter((one) => one === width).length / widths.length + width / 1e6;
  };
  const scores = delimiters.map(score);
  return delimiters[scores.indexOf(Math.max(...scores))] ?? ',';
}

function countNewlines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
