// Columns that hold an object of plain cells, {"translation": {"en": …, "fr": …}}, spread into one column for each member
// ("translation.en"), where no column of the file can be used as it is.
import { guessMapping } from '../mapping.ts';
import type { Row } from '../types.ts';
import { isObject } from './jsonRow.ts';

export interface Spreader {
  readonly columns: readonly string[];
  spread(row: Row): Row;
}

/** `first`: the rows by which columns are told. Undefined where nothing is to be spread. */
export function spreaderFor(columns: readonly string[], first: readonly Row[]): Spreader | undefined {
  const members = new Map<string, string[]>();
  for (const column of columns) {
    const cells = first.map(({ values }) => values[column]).filter((cell) => cell !== null && cell !== undefined);
    if (cells.length > 0 && cells.every(isPlainObject)) {
      members.set(column, [...new Set(cells.flatMap((cell) => Object.keys(cell)))]);
    }
  }
  if (members.size === 0 || isUsable(columns, members)) return undefined;
  return {
    columns: columns.flatMap((name) => members.get(name)?.map((member) => `${name}.${member}`) ?? [name]),
    spread: ({ line, values }) => ({
      line,
      values: Object.fromEntries(
        Object.entries(values).flatMap(([name, cell]) =>
          members.has(name) && isObject(cell)
            ? Object.entries(cell).map(([member, inner]) => [`${name}.${member}`, inner])
            : [[name, cell]],
        ),
      ),
    }),
  };
}

function isPlainObject(cell: unknown): cell is Record<string, unknown> {
  return (
    isObject(cell) &&
    Object.keys(cell).length > 0 &&
    Object.values(cell).every((inner) => typeof inner !== 'object' || inner === null)
  );
}

/** The columns' names tell what they are, and none of those is an object. */
function isUsable(columns: readonly string[], members: ReadonlyMap<string, unknown>): boolean {
  const mapping = guessMapping(columns);
  if (mapping === undefined) return false;
  return mapping.kind === 'pairs'
    ? !members.has(mapping.context) && !members.has(mapping.target)
    : !members.has(mapping.column);
}
