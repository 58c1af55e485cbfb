// How a file's rows are read: by the columns' names, and where they hold conversations, by what is in them.
import { isMessageList, messagesOf } from './chatMessages.ts';
import { type ColumnMapping, guessMapping } from './mapping.ts';
import type { OpenFile } from './parseFile.ts';

type Opened = Pick<OpenFile, 'columns' | 'first'>;

/** undefined when a person must choose. */
export function guessReading(file: Opened): ColumnMapping | undefined {
  const mapping = guessMapping(file.columns);
  const column = chatColumnOf(file);
  return column === undefined || isOfTurns(mapping, file) ? mapping : { kind: 'chat', column };
}

/** The first column that holds conversations, whatever it is called. */
function chatColumnOf({ columns, first }: Opened): string | undefined {
  const rows = first.slice(0, 20);
  return columns.find((column) => rows.length > 0 && rows.every(({ values }) => endsInAnswer(values[column])));
}

/** Columns of known names that are what they say: conversations, or a context that leaves the answer to the target. */
function isOfTurns(mapping: ColumnMapping | undefined, { first }: Opened): boolean {
  if (mapping === undefined || mapping.kind === 'text') return false;
  if (mapping.kind === 'chat') return true;
  const context = first[0]?.values[mapping.context];
  const target = first[0]?.values[mapping.target];
  return isMessageList(target) ? isMessageList(context) && !endsInAnswer(context) : !isMessageList(context);
}

function endsInAnswer(cell: unknown): boolean {
  return isMessageList(cell) && messagesOf(cell, '').at(-1)?.role === 'assistant';
}
