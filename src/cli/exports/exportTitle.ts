// What an exported file is called after: the last part of a path or of a Hub id, without revision or ending.
import { basename, resolve } from 'node:path';
import { ggufStem } from '../../formats/ggufShards.ts';

export function exportTitle(path: string): string {
  const name = basename(resolve(path)).replace(/(?<=.)@[^@]*$/, '');
  return ggufStem({ name }).replace(/\.zip$/i, '');
}
