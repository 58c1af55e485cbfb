// What a repository on the Hub held when all that a model needs of it was brought here: with it the model opens again where
// the Hub cannot be reached, and what is kept can be told.
import { z } from 'zod';
import { readText } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { parseJsonObject } from '../formats/json.ts';
import type { HubRepo } from '../hub/hub.ts';
import { HUB_ENDPOINT } from '../hub/hubRequest.ts';
import { type Folder, writeFile } from '../storage/folder.ts';
import { openOpfs } from '../storage/opfsFolder.ts';
import { StorageError } from '../storage/storageError.ts';

export interface KeptListing {
  /** With the files that were brought here only. */
  repo: HubRepo;
  revision: string;
  /** The id as it was asked for, which the Hub may spell otherwise. */
  asked: string;
}

const listingSchema = z.object({
  asked: z.string(),
  revision: z.string(),
  repo: z.object({
    id: z.string(),
    endpoint: z.string(),
    commit: z.string(),
    isGated: z.boolean(),
    isPrivate: z.boolean(),
    files: z.array(z.object({ name: z.string(), sizeBytes: z.int().min(0), contentId: z.string() })),
  }),
});

const ENDING = '.json';

/** Undefined where the browser keeps no files. */
async function listings(): Promise<Folder | undefined> {
  try {
    return await (await openOpfs()).folder('listings');
  } catch (error) {
    if (error instanceof StorageError && error.problem === 'unavailable') return undefined;
    throw error;
  }
}

const nameOf = ({ endpoint, id }: HubRepo, revision: string) =>
  `${encodeURIComponent(`${endpoint}/${id}@${revision}`)}${ENDING}`;

export async function keepListing(listing: KeptListing): Promise<void> {
  const folder = await listings();
  if (!folder) return;
  const bytes = new TextEncoder().encode(JSON.stringify(listing));
  await writeFile(folder, nameOf(listing.repo, listing.revision), bytes);
}

export async function keptListings(): Promise<KeptListing[]> {
  const folder = await listings();
  if (!folder) return [];
  const names = (await folder.names()).filter((name) => name.endsWith(ENDING));
  const read = await Promise.all(names.map((name) => readListing(folder, name)));
  return read.filter((listing) => listing !== undefined);
}

/** By the id as it was asked for, or as the Hub spells it. */
export async function keptListing(
  id: string,
  revision: string,
  endpoint = HUB_ENDPOINT,
): Promise<KeptListing | undefined> {
  const same = (other: string) => other.toLowerCase() === id.toLowerCase();
  return (await keptListings()).find(
    ({ repo, asked, revision: kept }) =>
      repo.endpoint === endpoint && kept === revision && (same(repo.id) || same(asked)),
  );
}

export async function forgetListings(repoId: string): Promise<void> {
  const folder = await listings();
  if (!folder) return;
  for (const { repo, revision } of await keptListings()) {
    if (repo.id === repoId) await folder.remove(nameOf(repo, revision));
  }
}

/** Undefined for one that a crash cut off: the model is listed anew when the Hub is there. */
async function readListing(folder: Folder, name: string): Promise<KeptListing | undefined> {
  const file = await folder.open(name);
  if (!file || file.sizeBytes === 0) return undefined;
  try {
    const parsed = listingSchema.safeParse(parseJsonObject(await readText(file), name));
    return parsed.data;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
