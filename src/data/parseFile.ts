// A data file, whatever its layout, as rows with line numbers. The layout is told by content; a name's ending only
// settles what content leaves open. A bad row never costs the others: it is listed with its line and reason.
import { type DecodedText, decodeText } from './decodeText.ts';
import { parseJson } from './layouts/json.ts';
import { parseJsonLines } from './layouts/jsonLines.ts';
import { parsePairLines } from './layouts/pairLines.ts';
import { parsePlainText } from './layouts/plainText.ts';
import { spreadObjects } from './layouts/spreadObjects.ts';
import { parseTable } from './layouts/table.ts';
import { recogniseBytes, recogniseText } from './recognise.ts';
import { DataError, type DataFile, excerpt, type Layout, type ParsedFile, type ParsedRows, type Row } from './types.ts';

/** Longer rows are left out: no tokenizer should be given them in one piece, and no model reads them. */
const mostCharactersPerRow = 1_000_000;

/** Throws DataError, naming the file, only when nothing in it can be read (gone, empty, binary, compressed). */
export async function parseFile(file: DataFile): Promise<ParsedFile> {
  const bytes = await readBytes(file);
  const refusal = recogniseBytes(bytes);
  if (refusal === 'parquet') {
    // Its decompressors are large: fetched when there is such a file.
    const { parseParquet } = await import('./layouts/parquet.ts');
    return withName(file.name, 'parquet', leaveOutUnreadable(await parseParquet(bytes, file.name)));
  }
  if (refusal) throw new DataError(`${file.name}: ${refusal}`);
  if (/\.parquet$/i.test(file.name)) throw new DataError(`${file.name}: this is not a Parquet file`);
  const decoded = decodeText(bytes);
  const text = withNewlines(decoded.text);
  if (text.trim() === '') throw new DataError(`${file.name}: the file is empty`);
  const layout = recogniseText(text, file.name);
  return withName(file.name, layout, leaveOutUnreadable(parseText(text, layout), decoded));
}

async function readBytes(file: DataFile): Promise<Uint8Array> {
  try {
    return 'bytes' in file ? await file.bytes() : new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(`${file.name}: cannot be read (${reason})`);
  }
}

/** Lines that end in a carriage return alone, as old spreadsheets write them. */
function withNewlines(text: string): string {
  return text.includes('\n') ? text : text.replaceAll('\r', '\n');
}

function parseText(text: string, layout: Exclude<Layout, 'parquet'>): ParsedRows {
  switch (layout) {
    case 'pairs':
      return parsePairLines(text);
    case 'text':
      return parsePlainText(text);
    case 'csv':
      return parseTable(text, [',', ';', '|']);
    case 'tsv':
      return parseTable(text, ['\t']);
    case 'json':
      return parseJson(text);
    case 'jsonl':
      return parseJsonLines(text);
    default:
      return layout satisfies never;
  }
}

function withName(name: string, layout: Layout, parsed: ParsedRows): ParsedFile {
  const { columns, rows, problems } = spreadObjects(parsed);
  return { name, layout, columns, rows, problems: problems.sort((a, b) => a.line - b.line) };
}

/** Moves rows that hold undecodable bytes, or too much text, from the rows to the problems. */
function leaveOutUnreadable(parsed: ParsedRows, decoded?: DecodedText): ParsedRows {
  const problems = [...parsed.problems];
  const rows = parsed.rows.filter((row) => {
    const reason = reasonUnreadable(row, decoded);
    if (reason) problems.push({ line: row.line, reason, excerpt: excerpt([...stringsIn(row.values)].join(' ')) });
    return !reason;
  });
  return { ...parsed, rows, problems };
}

function reasonUnreadable(row: Row, decoded: DecodedText | undefined): string | undefined {
  let characters = 0;
  for (const text of stringsIn(row.values)) {
    characters += text.length;
    if (decoded?.hasBadBytes && text.includes('\uFFFD')) return `not valid ${decoded.encoding}; save the file as UTF-8`;
  }
  if (characters <= mostCharactersPerRow) return undefined;
  const millions = (n: number) => (n / 1e6).toFixed(1);
  return `${millions(characters)} million characters; a row may have ${millions(mostCharactersPerRow)} million`;
}

/** Every text within a cell, however deep. */
function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) yield* stringsIn(part);
}
