// The Python that "continue elsewhere" writes, as the bundle carries it.
import type { PythonFiles } from '../continue/continueFolder.ts';

const FOLDER = '/src/continue/python/';
const bundled = import.meta.glob<string>('/src/continue/python/**/*.{py,txt,yaml}', {
  query: '?raw',
  import: 'default',
});

/** Fetched when first asked for. */
export async function pythonFiles(): Promise<PythonFiles> {
  const read = Object.entries(bundled).map(async ([path, load]) => [path.slice(FOLDER.length), await load()] as const);
  return Object.fromEntries(await Promise.all(read));
}
