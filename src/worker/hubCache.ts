// The page's cache of downloaded models, and the shelf with what of it is cached. Without OPFS files are kept in memory
// for as long as the page lives.
import { HUB_ENDPOINT } from '../hub/hubRequest.ts';
import { SHELF } from '../hub/shelf.ts';
import { type ModelCache, openModelCache } from '../storage/modelCache.ts';
import { openOpfs } from '../storage/opfsFolder.ts';
import { StorageError } from '../storage/storageError.ts';
import { forgetListings, keptListings } from './keptListings.ts';
import type { KeptRepo, ShelfModel } from './protocol/model.ts';

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

/** By repository, in the order of their names. */
export async function listKept(): Promise<KeptRepo[]> {
  const files = (await (await modelCache())?.list()) ?? [];
  const listings = await keptListings();
  const kept = new Map<string, KeptRepo>();
  for (const { source, storedBytes } of files) {
    const [repo = '', endpoint = ''] = splitSource(source);
    const own = listings.filter((listing) => cacheSource(listing.repo.id, listing.repo.endpoint) === source);
    const known = kept.get(source);
    kept.set(source, {
      repo,
      ...(endpoint === HUB_ENDPOINT ? {} : { endpoint }),
      sizeBytes: (known?.sizeBytes ?? 0) + storedBytes,
      revisions: own.map(({ revision }) => revision).sort(),
    });
  }
  return [...kept.values()].sort((a, b) => (a.repo < b.repo ? -1 : 1));
}

/** Repository and endpoint of a cacheSource. */
function splitSource(source: string): [repo: string, endpoint: string] {
  const { origin, pathname } = new URL(source);
  const [name = '', owner] = pathname.split('/').filter(Boolean).reverse();
  const repo = owner === undefined ? name : `${owner}/${name}`;
  const endpoint = source.slice(0, source.length - repo.length - 1);
  return [repo, endpoint === '' ? origin : endpoint];
}

/** From whichever endpoint it came. */
export async function deleteCachedModel(repo: string): Promise<null> {
  await forgetListings(repo);
  const cache = await modelCache();
  const sources = new Set(((await cache?.list()) ?? []).map(({ source }) => source));
  for (const source of sources) if (isRepo(source, repo)) await cache?.removeSource(source);
  return null;
}

function isRepo(source: string, repo: string): boolean {
  return source.endsWith(`/${repo}`);
}
