// Which column is what. Guessed from the columns' names, shown in words, and changeable.
import { chatColumns, contextColumns, normaliseName, pairColumns, targetColumns, textColumns } from './columnNames.ts';

export interface PairsMapping {
  kind: 'pairs';
  context: string;
  /** Alpaca's `input`: further context, empty in some rows. */
  input?: string;
  target: string;
}

export type ColumnMapping = PairsMapping | { kind: 'chat'; column: string } | { kind: 'text'; column: string };

/**
 * By the columns' names, else by their number: two are context and target, one is text. undefined when there are more
 * and none has a known name: a person must choose.
 */
export function guessMapping(columns: readonly string[]): ColumnMapping | undefined {
  const find = (name: string | undefined) => columns.find((column) => normaliseName(column) === name);
  for (const name of chatColumns) {
    const column = find(name);
    if (column !== undefined) return { kind: 'chat', column };
  }
  for (const names of pairColumns) {
    const context = find(names.context);
    const target = find(names.target);
    if (context === undefined || target === undefined) continue;
    const input = find(names.input);
    return { kind: 'pairs', context, target, ...(input === undefined ? {} : { input }) };
  }
  const context = contextColumns.map(find).find((column) => column !== undefined);
  const target = targetColumns.map(find).find((column) => column !== undefined);
  if (context !== undefined && target !== undefined) return { kind: 'pairs', context, target };
  const text = textColumns.map(find).find((column) => column !== undefined);
  if (text !== undefined) return { kind: 'text', column: text };
  const [first, second, third] = columns;
  if (first !== undefined && second !== undefined && third === undefined) {
    return { kind: 'pairs', context: first, target: second };
  }
  return first !== undefined && second === undefined ? { kind: 'text', column: first } : undefined;
}

/** The mapping as a sentence. */
export function describeMapping(mapping: ColumnMapping): string {
  switch (mapping.kind) {
    case 'pairs': {
      const further = mapping.input === undefined ? '' : ` and “${mapping.input}”`;
      return `context from “${mapping.context}”${further}, target from “${mapping.target}”`;
    }
    case 'chat':
      return `conversations from “${mapping.column}”, every assistant message a target`;
    case 'text':
      return `plain text from “${mapping.column}”, all of it a target`;
    default:
      return mapping satisfies never;
  }
}

/** The columns a mapping names that a file does not have. */
export function missingColumns(mapping: ColumnMapping, columns: readonly string[]): string[] {
  const named =
    mapping.kind === 'pairs'
      ? [mapping.context, mapping.target, ...(mapping.input === undefined ? [] : [mapping.input])]
      : [mapping.column];
  return named.filter((name) => !columns.includes(name));
}
