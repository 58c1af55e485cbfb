// The Python that "continue elsewhere" writes, read from disk. (The browser gets it from the bundle.)
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PythonFiles } from '../continue/continueFolder.ts';

const FOLDER = fileURLToPath(new URL('../continue/python/', import.meta.url));

export function readPythonFiles(): PythonFiles {
  const files: Record<string, string> = {};
  for (const path of readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })) {
    if (/\.(py|txt|yaml)$/.test(path)) files[path.replaceAll('\\', '/')] = readFileSync(`${FOLDER}${path}`, 'utf8');
  }
  return files;
}
