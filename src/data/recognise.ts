// Which layout a file has, told by its first bytes and lines.

import { isMessageList } from './chatMessages.ts';
import { isChatColumn, knownColumnNames, normaliseName } from './columnNames.ts';
import { utf16Label } from './decodeText.ts';
import { isObject, parseLeniently } from './layouts/jsonRow.ts';
import type { Layout } from './types.ts';

const linesLookedAt = 50;
const charactersLookedAt = 1_000_000;
const LFS_POINTER = new TextEncoder().encode('version https://git-lfs.github.com/spec/');

/** 'parquet', or why bytes cannot be read as text, or undefined when they may be. */
export function recogniseBytes(bytes: Uint8Array): 'parquet' | string | undefined {
  const startsWith = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (bytes.length === 0) return 'the file is empty';
  if (startsWith(0x50, 0x41, 0x52, 0x31)) return 'parquet';
  if (startsWith(0x1f, 0x8b)) return 'this is a gzip archive; unpack it first';
  if (startsWith(0x28, 0xb5, 0x2f, 0xfd)) return 'this is a zstd archive; unpack it first';
  if (startsWith(0x50, 0x4b, 0x03, 0x04))
    return 'this is a zip archive or a spreadsheet; unpack it, or export it as .csv';
  if (startsWith(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31)) return 'this is an Arrow file; save it as Parquet, JSONL or CSV';
  if (startsWith(...LFS_POINTER))
    return 'this is a Git LFS pointer, not the file; fetch the file itself (git lfs pull, or the download link of its page)';
  if (utf16Label(bytes) === undefined && bytes.subarray(0, 8192).includes(0)) {
    return 'this is a binary file; expected .txt, .csv, .tsv, .json, .jsonl or .parquet';
  }
  return undefined;
}

/** `name` is asked only where the content leaves a choice: a table of unknown columns looks like prose with commas. */
export function recogniseText(text: string, name: string): Exclude<Layout, 'parquet'> {
  const lines = firstLines(text);
  const first = lines[0] ?? '';
  const json = recogniseJson(text, lines);
  if (json) return json;
  if (/^sep=[,;|\t]$/i.test(first.trimStart())) return 'csv';
  if (first.includes('||') && mostly(lines, (line) => line.includes('||'))) return 'pairs';

  const ending = /\.([^.]+)$/.exec(name.toLowerCase())?.[1];
  const tabs = first.split('\t').length - 1;
  const isTabbed = tabs > 0 && mostly(lines, (line) => line.split('\t').length - 1 >= tabs);
  if (isTabbed || (ending === 'tsv' && tabs > 0)) return 'tsv';
  if (ending === 'csv' || ending === 'tsv') return 'csv';
  if (hasKnownHeader(first)) return 'csv';
  if (lines.some((line) => line.includes('||')) && ending !== 'md') return 'pairs';
  if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl';
  return ending === 'json' ? 'json' : 'text';
}

function recogniseJson(text: string, lines: readonly string[]): 'json' | 'jsonl' | undefined {
  const first = lines[0]?.trim() ?? '';
  if (first.startsWith('[') && /^\[\s*[[{\]]/.test(text.trimStart())) return 'json';
  if (/^\[\s*"/.test(text.trimStart()) && text.trimEnd().endsWith(']')) return 'json';
  const objects = lines.filter((line) => /^\s*\{.*\}\s*$/.test(line)).length;
  const isFirstWhole = parsedObject(first) !== undefined;
  if (lines.length > 1 && (isFirstWhole || objects > lines.length / 2)) return 'jsonl';
  if (!/^\{\s*["}]/.test(text.trimStart())) return undefined;
  return isFirstWhole && !holdsTable(first) ? 'jsonl' : 'json';
}

function parsedObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = parseLeniently(line.replace(/,$/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One line that is one object: a row, unless its members are tables or columns. */
function holdsTable(line: string): boolean {
  return Object.entries(parsedObject(line) ?? {}).some(([name, cell]) =>
    Array.isArray(cell) ? !isChatColumn(name) && !isMessageList(cell) : isObject(cell) && '0' in cell,
  );
}

function hasKnownHeader(line: string): boolean {
  const names = line.split(/[,;|]/).map((cell) => normaliseName(cell.replaceAll('"', '')));
  return names.length > 1 && names.filter((name) => knownColumnNames.has(name)).length > 1;
}

function firstLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  while (lines.length < linesLookedAt && start < Math.min(text.length, charactersLookedAt)) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '');
    if (line.trim() !== '') lines.push(line);
    start = end < 0 ? text.length : end + 1;
  }
  return lines;
}

function mostly(lines: readonly string[], holds: (line: string) => boolean): boolean {
  return lines.filter(holds).length >= lines.length * 0.7;
}
