// A data file, whatever its layout, as rows with line numbers. The layout is told by content; a name's ending only
// settles what content leaves open. A bad row never costs the others: it is listed with its line and reason. Rows are
// made while they are read, and read anew for every purpose, so that a large file is never held as objects.
import { type DecodedText, decodeText } from './decodeText.ts';
import { jsonRows } from './layouts/json.ts';
import { jsonLines } from './layouts/jsonLines.ts';
import { pairLines } from './layouts/pairLines.ts';
import { plainText } from './layouts/plainText.ts';
import { spreaderFor } from './layouts/spreadObjects.ts';
import { openTable } from './layouts/table.ts';
import { recogniseBytes, recogniseText } from './recognise.ts';
import {
  DataError,
  type DataFile,
  excerpt,
  type FirstRow,
  type Layout,
  type OpenRows,
  type ParsedFile,
  type Row,
  type RowProblem,
} from './types.ts';

/** Longer rows are left out: no tokenizer should be given them in one piece, and no model reads them. */
const mostCharactersPerRow = 1_000_000;
/** JavaScript engines have no longer strings. */
const mostTextBytes = 2 ** 29 - 24;
const rowsLookedAt = 50;

export interface OpenFile extends OpenRows {
  readonly name: string;
  readonly layout: Layout;
  /** How the first row of a table is read; undefined where there is no table. */
  readonly firstRow: FirstRow | undefined;
  /** By which columns are recognised. */
  readonly first: readonly Row[];
  /** What was left out on the way there. */
  readonly firstProblem: RowProblem | undefined;
}

export interface ReadingOptions {
  /** Of a table: whether its first row names the columns. Default: as it looks. */
  firstRow?: FirstRow | undefined;
}

/** Throws DataError, naming the file, only when nothing in it can be read (gone, empty, binary, compressed). */
export async function openFile(file: DataFile, { firstRow }: ReadingOptions = {}): Promise<OpenFile> {
  const bytes = await readBytes(file);
  const { name } = file;
  const refusal = recogniseBytes(bytes);
  if (refusal === 'parquet') {
    // Its decompressors are large: fetched when there is such a file.
    const { openParquet } = await import('./layouts/parquet.ts');
    return finished(name, 'parquet', await openParquet(bytes, name));
  }
  if (refusal) throw new DataError(`${name}: ${refusal}`);
  if (/\.parquet$/i.test(name)) throw new DataError(`${name}: this is not a Parquet file`);
  if (bytes.length > mostTextBytes) {
    const megabytes = Math.round(bytes.length / 1e6);
    throw new DataError(
      `${name}: ${megabytes} MB of text, of which 536 MB can be read; divide the file, or save it as Parquet`,
    );
  }
  const decoded = decodeText(bytes);
  const text = withNewlines(decoded.text);
  if (text.trim() === '') throw new DataError(`${name}: the file is empty`);
  const layout = recogniseText(text, name);
  return finished(name, layout, openText(text, layout, firstRow), decoded);
}

/** All of it at once. Throws as openFile. */
export async function parseFile(file: DataFile, options: ReadingOptions = {}): Promise<ParsedFile> {
  const { name, layout, columns, rows: read } = await openFile(file, options);
  const rows: Row[] = [];
  const problems: RowProblem[] = [];
  for await (const one of read()) {
    if ('reason' in one) problems.push(one);
    else rows.push(one);
  }
  return { name, layout, columns: [...columns], rows, problems: problems.sort((a, b) => a.line - b.line) };
}

async function readBytes(file: DataFile): Promise<Uint8Array> {
  try {
    return 'bytes' in file ? await file.bytes() : new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // A page's messages end in a full stop.
    const said = reason.replace(/\.$/, '');
    throw new DataError(
      `${file.name}: cannot be read (${said}); is it a folder, or was it moved or changed after it was chosen?`,
    );
  }
}

/** Lines that end in a carriage return alone, as old spreadsheets write them. */
function withNewlines(text: string): string {
  return text.includes('\n') ? text : text.replaceAll('\r', '\n');
}

function openText(
  text: string,
  layout: Exclude<Layout, 'parquet'>,
  firstRow: FirstRow | undefined,
): OpenRows & { firstRow?: FirstRow } {
  switch (layout) {
    case 'pairs':
      return { columns: ['context', 'target'], likelyRows: linesIn(text), rows: () => pairLines(text) };
    case 'text':
      return { columns: ['text'], likelyRows: linesIn(text), rows: () => plainText(text) };
    case 'csv':
      return openTable(text, [',', ';', '|'], firstRow);
    case 'tsv':
      return openTable(text, ['\t'], firstRow);
    case 'json':
      return withColumns(jsonRows(text));
    case 'jsonl':
      return withColumns(() => jsonLines(text));
    default:
      return layout satisfies never;
  }
}

/** JSON rows name their own columns: all of them in the order they first appear. */
function withColumns(rows: () => Iterable<Row | RowProblem>): OpenRows {
  const columns = new Set<string>();
  let likelyRows = 0;
  for (const row of rows()) {
    likelyRows++;
    if ('values' in row) for (const name of Object.keys(row.values)) columns.add(name);
  }
  return { columns: [...columns], likelyRows, rows };
}

function linesIn(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

async function finished(
  name: string,
  layout: Layout,
  { columns, likelyRows, rows, firstRow }: OpenRows & { firstRow?: FirstRow },
  decoded?: DecodedText,
): Promise<OpenFile> {
  const encoding = decoded?.hasBadBytes ? decoded.encoding : undefined;
  const checked = (row: Row | RowProblem) => ('values' in row && problemWith(row, encoding)) || row;
  const first: Row[] = [];
  let firstProblem: RowProblem | undefined;
  for await (const row of rows(10 * rowsLookedAt)) {
    const one = checked(row);
    if ('values' in one) first.push(one);
    else firstProblem ??= one;
    if (first.length === rowsLookedAt) break;
  }
  const spreader = spreaderFor(columns, first);
  const spread = (row: Row | RowProblem) => ('values' in row && spreader ? spreader.spread(row) : row);
  return {
    name,
    layout,
    columns: spreader?.columns ?? columns,
    firstRow,
    first: first.map((row) => spreader?.spread(row) ?? row),
    firstProblem,
    likelyRows,
    async *rows() {
      for await (const row of rows()) yield spread(checked(row));
    },
  };
}

/** Why a row is left out before anyone looks at its columns. `encoding`: of a file that has bytes which are not in it. */
function problemWith({ line, values }: Row, encoding: string | undefined): RowProblem | undefined {
  const texts = textsIn(values);
  const problem = (reason: string) => ({ line, reason, excerpt: excerpt(texts.join(' ')) });
  if (encoding !== undefined && texts.some((text) => text.includes('\uFFFD'))) {
    return problem(`not valid ${encoding}; save the file as UTF-8`);
  }
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters <= mostCharactersPerRow) return undefined;
  const millions = (n: number) => (n / 1e6).toFixed(1);
  return problem(
    `${millions(characters)} million characters; a row may have ${millions(mostCharactersPerRow)} million`,
  );
}

/** Every text within a cell, however deep. */
function textsIn(value: unknown, texts: string[] = []): string[] {
  if (typeof value === 'string') texts.push(value);
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) textsIn(part, texts);
  return texts;
}
