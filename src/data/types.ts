// The records that data passes along: a file's rows, the examples made of them, and their tokens.
import { ownText } from './ownText.ts';

/** Anything with a name and bytes: a browser's `File` (older ones have no `bytes`), or a wrapper the command line makes. */
export type DataFile = { name: string } & ({ bytes(): Promise<Uint8Array> } | { arrayBuffer(): Promise<ArrayBuffer> });

/** One row of a data file: its cells by column name, and the line (text) or row (Parquet) it came from, from 1. */
export interface Row {
  line: number;
  values: Record<string, unknown>;
}

/** A row that was left out: where it stands, why, and its first characters. */
export interface RowProblem {
  /** Line in the file, from 1; 0 when the whole file is meant. */
  line: number;
  reason: string;
  excerpt: string;
}

export type Layout = 'pairs' | 'text' | 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet';

/** Whether a table's first row names the columns, or is a row of data. */
export type FirstRow = (typeof FIRST_ROWS)[number];
export const FIRST_ROWS = ['names', 'data'] as const;

/** A file's rows, read when asked for. */
export interface OpenRows {
  /** In file order. */
  readonly columns: readonly string[];
  /** About as many as there are, for progress. */
  readonly likelyRows: number;
  /** From the beginning: each row, or why there is none. `most`: how many are wanted, where few are. */
  rows(most?: number): Iterable<Row | RowProblem> | AsyncIterable<Row | RowProblem>;
}

/** Rows as they stand in a file. `columns` in file order. */
export interface ParsedRows {
  columns: string[];
  rows: Row[];
  problems: RowProblem[];
}

export interface ParsedFile extends ParsedRows {
  name: string;
  layout: Layout;
}

/** A context and its target. */
export interface Pair {
  kind: 'pair';
  /** The mapped context column, as it stands in the file: what duplicates and the validation split go by. */
  context: string;
  /** The context as the template renders it: what the model reads. */
  prompt: string;
  target: string;
  line: number;
}

export interface ChatMessage {
  role: string;
  content: string;
}

/** A conversation; every assistant turn is a target. */
export interface Chat {
  kind: 'chat';
  /** What comes before the last assistant turn, as one string, for duplicates and the validation split. */
  context: string;
  messages: ChatMessage[];
  line: number;
}

/** Plain text: every token is a target. */
export interface Passage {
  kind: 'text';
  context: string;
  line: number;
}

export type Example = Pair | Chat | Passage;

/** One training row in tokens. */
export interface TokenRow {
  ids: Uint32Array;
  /** 1 where this token is a target, else 0; same length as `ids`. The first is 0: nothing predicts it. */
  loss: Uint8Array;
  /** Line in the file, from 1. */
  line: number;
}

/** A file, column or template that cannot be used at all; the message says what to do. */
export class DataError extends Error {
  override name = 'DataError';
}

/** The start of a row for a problem list: one line, at most `length` characters. */
export function excerpt(text: string, length = 80): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return ownText(line.length > length ? `${line.slice(0, length - 1)}…` : line);
}
