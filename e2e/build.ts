// The journeys' own production build, apart from dist/, and what a page of it loads at first.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const BUILD_FOLDER = '.cache/journeys';

/** Vite's manifest: each chunk by the source it came from. https://vite.dev/guide/backend-integration */
const manifestSchema = z.record(
  z.string(),
  z.object({ file: z.string(), isEntry: z.boolean().optional(), imports: z.array(z.string()).optional() }),
);

/** Contents of the file that the server gives for `/path`. */
export function builtFile(path: string): Buffer {
  return readFileSync(join(BUILD_FOLDER, path));
}

/**
 * Paths of the scripts that the page needs before anything is asked of it: the entry of index.html and every chunk it
 * imports statically. Dynamic imports and workers are not part of it.
 */
export function initialScripts(): string[] {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(BUILD_FOLDER, '.vite/manifest.json'), 'utf8')));
  const files = new Set<string>();
  const visit = (key: string) => {
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`manifest.json: no chunk ${key}`);
    const path = join(BUILD_FOLDER, chunk.file);
    if (files.has(path)) return;
    files.add(path);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  visit('index.html');
  return [...files];
}
