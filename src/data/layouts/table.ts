// .csv and .tsv (RFC 4180), read by papaparse row by row. Quoted cells may hold line breaks. A row with a broken quote
// costs its own line only: parsing starts again after it, where papaparse would take the rest of the file for one cell.
import Papa from 'papaparse';
import { knownColumnNames, normaliseName } from '../columnNames.ts';
import { excerpt, type ParsedRows, type RowProblem } from '../types.ts';
import { textLines } from './textLines.ts';

/** Each makes papaparse look through the rest of the file for the closing quote. */
const mostBrokenQuotes = 200;

interface TableRow {
  line: number;
  cells: string[];
}

/**
 * `delimiters`: those to choose from, unless a first line `sep=;` names it, as Excel writes it. The first row names the
 * columns, unless it cannot: then they are numbered.
 */
export function parseTable(text: string, delimiters: string[]): ParsedRows {
  const declared = /^\s*sep=([,;|\t])(?=\r?\n)/i.exec(text);
  const { rows, problems } = declared
    ? readRows(text.slice(declared[0].length), [declared[1]!])
    : readRows(text, delimiters);
  const first = rows[0];
  if (!first) return { columns: [], rows: [], problems };
  const names = headerOf(first.cells);
  const isHeader = names !== undefined;
  const columns = names ?? first.cells.map((_, i) => numbered(i));
  const parsed: ParsedRows = { columns, rows: [], problems };
  for (const { line, cells } of isHeader ? rows.slice(1) : rows) {
    const extra = cells.slice(columns.length).filter((cell) => cell.trim() !== '');
    if (cells.length < columns.length || extra.length > 0) {
      const reason = `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, expected ${columns.length}`;
      problems.push({ line, reason, excerpt: excerpt(cells.join(' | ')) });
      continue;
    }
    parsed.rows.push({ line, values: Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])) });
  }
  return parsed;
}

const numbered = (place: number) => `column ${place + 1}`;

/**
 * The cells as names: short, filled in, and different. Where one is a name that data sets use, others may be empty or
 * repeated, and the first may be empty where pandas wrote its index: those are numbered.
 */
function headerOf(cells: readonly string[]): string[] | undefined {
  const names = cells.map((cell) => cell.trim());
  const filled = names.filter((name) => name !== '');
  if (filled.length === 0 || filled.some((name) => name.length > 64)) return undefined;
  const differ = new Set(filled).size === filled.length;
  const hasIndex = names[0] === '' && filled.length === names.length - 1 && filled.length > 1;
  const hasKnown = filled.some((name) => knownColumnNames.has(normaliseName(name)));
  if (!hasKnown && !(differ && (filled.length === names.length || hasIndex))) return undefined;
  return names.map((name, i) => (name !== '' && names.indexOf(name) === i ? name : numbered(i)));
}

function readRows(text: string, delimiters: string[]): { rows: TableRow[]; problems: RowProblem[] } {
  const rows: TableRow[] = [];
  const problems: RowProblem[] = [];
  const delimiter = delimiters.length === 1 ? delimiters[0]! : guessDelimiter(text, delimiters);
  let offset = 0;
  let line = 1;
  while (offset < text.length) {
    const start = offset;
    let hasBrokenQuote = false;
    Papa.parse<string[]>(text.slice(start), {
      delimiter,
      step(result, parser) {
        if (result.errors.length > 0) {
          hasBrokenQuote = true;
          parser.abort();
          return;
        }
        if (result.data.some((cell) => cell !== '')) rows.push({ line, cells: result.data });
        const next = start + result.meta.cursor;
        line += countNewlines(text, offset, next);
        offset = next;
      },
    });
    if (!hasBrokenQuote) break;
    if (delimiter === '\t') return { rows: unquotedRows(text), problems: [] };
    const newline = text.indexOf('\n', offset);
    const next = newline < 0 ? text.length : newline + 1;
    const isLast = problems.length === mostBrokenQuotes;
    const reason = isLast
      ? 'another quoted cell that is not closed properly; the file is not read further'
      : 'a quoted cell is not closed properly';
    problems.push({ line, reason, excerpt: excerpt(text.slice(offset, next)) });
    if (isLast) break;
    offset = next;
    line++;
  }
  return { rows, problems };
}

/** Many .tsv files quote nothing and hold quotes as text; a broken quote tells that this is one of them. */
function unquotedRows(text: string): TableRow[] {
  const rows: TableRow[] = [];
  for (const { line, text: content } of textLines(text)) {
    if (content !== '') rows.push({ line, cells: content.split('\t') });
  }
  return rows;
}

function guessDelimiter(text: string, delimiters: string[]): string {
  const firstLine = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'));
  const unquoted = firstLine.replace(/"[^"]*"/g, '');
  const count = (delimiter: string) => unquoted.split(delimiter).length;
  return delimiters.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function countNewlines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
