// Whether a table's first row is one of data, so that nothing names the columns: told by the rows below it.

/** Seems so where a cell is of one kind with the cells below it (numbers, sentences, long texts), or occurs again there. */
export function looksLikeData(first: readonly string[], next: readonly (readonly string[])[]): boolean {
  // pandas numbers columns that have no names.
  const numbers = first[0] === '' ? first.slice(1) : first;
  if (numbers.every((cell, i) => cell === String(i))) return false;
  const others = next.filter((row) => row.some((cell, i) => cell !== first[i]));
  return first.some((cell, i) => {
    if (cell === '') return false;
    const below = others.map((row) => row[i] ?? '').filter((one) => one !== '');
    return below.includes(cell) || kinds.some((isOfKind) => isOfKind(cell) && isMostly(below, isOfKind));
  });
}

const isNumber = (cell: string) => /^[+-]?[\d.,]*\d%?$/.test(cell);
const endsSentence = (cell: string) => /\S\s+\S.*[.?!…]["'”’)]*$/s.test(cell.slice(0, 40) + cell.slice(-40));
const isLong = (cell: string) => cell.length > 64 || /(\S+\s+){5}\S/.test(cell);
const kinds = [isNumber, endsSentence, isLong];

function isMostly(cells: readonly string[], isOfKind: (cell: string) => boolean): boolean {
  return cells.filter(isOfKind).length >= cells.length / 2;
}
