// How a file's rows are read: by the columns' names, and where they hold conversations, by what is in them.
import { isMessageList, messagesOf } from './chatMessages.ts';
import { type ColumnMapping, guessMapping } from './mapping.ts';
import type { ParsedRows } from './types.ts';

/** undefined when a person must choose. */
export function guessReading(parsed: ParsedRows): ColumnMapping | undefined {
  const mapping = guessMapping(parsed.columns);
  const column = chatColumnOf(parsed);
  return column === undefined || isOfTurns(mapping, parsed) ? mapping : { kind: 'chat', column };
}

/** The first column that holds conversations, whatever it is called. */
function chatColumnOf({ columns, rows }: ParsedRows): string | undefined {
  const first = rows.slice(0, 20);
  return columns.find((column) => first.length > 0 && first.every(({ values }) => endsInAnswer(values[column])));
}

/** Columns of known names that are what they say: conversations, or a context that leaves the answer to the target. */
function isOfTurns(mapping: ColumnMapping | undefined, { rows }: ParsedRows): boolean {
  if (mapping === undefined || mapping.kind === 'text') return false;
  if (mapping.kind === 'chat') return true;
  const context = rows[0]?.values[mapping.context];
  const target = rows[0]?.values[mapping.target];
  return isMessageList(target) ? isMessageList(context) && !endsInAnswer(context) : !isMessageList(context);
}

function endsInAnswer(cell: unknown): boolean {
  return isMessageList(cell) && messagesOf(cell, '').at(-1)?.role === 'assistant';
}
