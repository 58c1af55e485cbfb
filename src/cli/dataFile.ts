// A data file of this machine, read whole: rows are text.
import { readFile } from 'node:fs/promises';
import type { Dataset } from '../data/dataset.ts';
import type { DataFile, FirstRow } from '../data/types.ts';
import { existing } from './fileSource.ts';

/** Throws InputError when there is no such file. */
export function dataFile(path: string): DataFile {
  existing(path, 'file');
  return { name: path, bytes: () => readFile(path) };
}

const MOST_LISTED = 100;

/** Says on standard error what a person may want otherwise: a first row that looked like data, and the rows left out. */
export function tellReading(
  fileName: string,
  { file, problems }: Pick<Dataset, 'file' | 'problems'>,
  asked: FirstRow | undefined,
): void {
  if (file.firstRow === 'data' && asked === undefined) {
    process.stderr.write(
      `${fileName}: the first row is read as data, since it looks like those below it; --first-row names would take its cells for the columns' names\n`,
    );
  }
  for (const { line, reason } of problems.slice(0, MOST_LISTED)) {
    process.stderr.write(`${fileName}: line ${line} is left out: ${reason}\n`);
  }
  const more = problems.length - MOST_LISTED;
  if (more > 0) process.stderr.write(`${fileName}: ${more} more rows are left out\n`);
}
