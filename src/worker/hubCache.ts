// The page's cache of downloaded models, and the shelf with what of it is cached. Without OPFS files are kept in memory
// for as long as the page lives.
import { HUB_ENDPOINT } from '../hub/hubRequest.ts';
import { SHELF } from '../hub/shelf.ts';
import { type ModelCache, openModelCache } from '../storage/modelCache.ts';
import { openOpfs } from '../storage/opfsFolder.ts';
import { StorageError } from '../storage/storageError.ts';
import type { ShelfModel } from './protocol.ts';

let opened: Promise<ModelCache | undefined> | undefined;

/** Undefined where the browser keeps no files. */
export function modelCache(): Promise<ModelCache | undefined> {
  opened ??= (async () => {
    try {
      return openModelCache(await (await openOpfs()).folder('models'));
    } catch (error) {
      if (error instanceof StorageError && error.problem === 'unavailable') return undefined;
      opened = undefined;
      throw error;
    }
  })();
  return opened;
}

/** A repository's place in the cache. */
export function cacheSource(repo: string, endpoint = HUB_ENDPOINT): string {
  return `${endpoint}/${repo}`;
}

export async function listShelf(): Promise<ShelfModel[]> {
  const cached = (await (await modelCache())?.list()) ?? [];
  const bytesOf = (repo: string) =>
    cached.filter(({ source }) => isRepo(source, repo)).reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  return SHELF.map(({ storedDtype: _, ...entry }) => ({ ...entry, cachedBytes: bytesOf(entry.repo) }));
}

/** From whichever endpoint it came. */
export async function deleteCachedModel(repo: string): Promise<null> {
  const cache = await modelCache();
  const sources = new Set(((await cache?.list()) ?? []).map(({ source }) => source));
  for (const source of sources) if (isRepo(source, repo)) await cache?.removeSource(source);
  return null;
}

function isRepo(source: string, repo: string): boolean {
  return source.endsWith(`/${repo}`);
}
