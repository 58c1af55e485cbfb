// Parts of the page with scripts of their own: fetched when they are first shown, or before that once the page has nothing
// more pressing to fetch, so that they open at once, and also when the server is gone by then.
import { type ComponentType, lazy } from 'react';

const loads: (() => Promise<unknown>)[] = [];

/** `load` brings the component; it is shown inside a Suspense. */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>) {
  loads.push(load);
  return lazy(async () => ({ default: await load() }));
}

/** Fetches every part, one after another; those that fail are tried again when they are shown. */
export async function fetchParts(): Promise<void> {
  // A part that has come may have parts of its own.
  for (const load of loads) await load().catch(() => undefined);
}
