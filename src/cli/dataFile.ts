// A data file of this machine, read whole: rows are text.
import { readFile } from 'node:fs/promises';
import type { DataFile, RowProblem } from '../data/types.ts';
import { existing } from './fileSource.ts';

/** Throws InputError when there is no such file. */
export function dataFile(path: string): DataFile {
  existing(path, 'file');
  return { name: path, bytes: () => readFile(path) };
}

const MOST_LISTED = 100;

/** Lists the rows left out on standard error. */
export function tellProblems(fileName: string, problems: readonly RowProblem[]): void {
  for (const { line, reason } of problems.slice(0, MOST_LISTED)) {
    process.stderr.write(`${fileName}: line ${line} is left out: ${reason}\n`);
  }
  const more = problems.length - MOST_LISTED;
  if (more > 0) process.stderr.write(`${fileName}: ${more} more rows are left out\n`);
}
