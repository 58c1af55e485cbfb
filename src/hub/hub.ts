/**
 * The Hugging Face Hub by plain fetch: what a repository holds, and where each file is.
 *
 * `@huggingface/hub` does this and more (Xet, its own cache); downloads that resume into a file of ours, and uploads of
 * files that are made while they are read (push.ts), are what it does not, and a listing is one request. A listing pins the commit and each file's content, so that what is
 * fetched over minutes, or goes on days later, is one version.
 * Source: Hub API, `GET /api/models/{repo}/revision/{revision}?blobs=true`.
 */
import { z } from 'zod';
import { HubError } from './hubError.ts';
import { fetchOnce, HUB_ENDPOINT, type HubOptions, Retryable, withRetries } from './hubRequest.ts';

export interface HubFile {
  /** In the repository, with forward slashes. What sortModelFiles calls `name`. */
  name: string;
  sizeBytes: number;
  /** The content's hash: SHA-256 for large files, the git blob's for others. */
  contentId: string;
}

export interface HubRepo {
  /** As the Hub spells it, which may differ from what was asked for. */
  id: string;
  endpoint: string;
  /** The commit that the revision stood for. */
  commit: string;
  isGated: boolean;
  isPrivate: boolean;
  files: HubFile[];
}

const listingSchema = z.object({
  id: z.string(),
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  gated: z.union([z.boolean(), z.string()]).default(false),
  private: z.boolean().default(false),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().min(0),
      blobId: z.string(),
      lfs: z.object({ sha256: z.string() }).nullish(),
    }),
  ),
});

/** `owner/name` or `name`, from what a person typed or pasted. Throws a HubError that says what is expected. */
export function parseRepoId(text: string): string {
  const id = text
    .trim()
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/\/(tree|resolve|blob)\/.*$|[?#].*$/, '')
    .replace(/\/+$/, '');
  const isId = /^[\w.-]+(\/[\w.-]+)?$/.test(id) && !/^\.+$|\.\.|\/\.+$|^\.+\//.test(id);
  if (isId) return id;
  throw new HubError(
    'badName',
    `${JSON.stringify(text)}: expected a Hub id such as HuggingFaceTB/SmolLM2-135M-Instruct`,
  );
}

/** The page of a repository, for people. */
export function repoUrl(repo: string, endpoint = HUB_ENDPOINT): string {
  return `${endpoint}/${repo}`;
}

/** Where a file is; large ones are redirected from there. */
export function resolveUrl(repo: string, revision: string, file: string, endpoint = HUB_ENDPOINT): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/** Where the listing of a branch, tag or commit is, with sizes and contents. */
export function listingUrl(id: string, revision: string, endpoint: string): string {
  return `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
}

/** What the repository holds at a branch, tag or commit. Throws a HubError. */
export async function listFiles(repo: string, revision = 'main', options: HubOptions = {}): Promise<HubRepo> {
  const { endpoint = HUB_ENDPOINT } = options;
  const id = parseRepoId(repo);
  const what = revision === 'main' ? id : `${id} at ${revision}`;
  const body = await withRetries(options, async () => {
    const response = await fetchOnce(listingUrl(id, revision, endpoint), what, repoUrl(id, endpoint), options);
    return parsedListing(response, what, endpoint);
  });
  return readListing(body, what, endpoint);
}

/** Throws a Retryable for what was cut off, a HubError for what is no JSON at all: a page where somebody is to log in, say. */
async function parsedListing(response: Response, what: string, endpoint: string): Promise<unknown> {
  const cutOff = (cause: unknown) =>
    new Retryable(new HubError('serverFailed', `${what}: the Hub's listing was cut off; try again`, { cause }));
  const text = await response.text().catch((error: unknown) => {
    throw cutOff(error);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.startsWith('{')) throw cutOff(error);
    const remedy = 'is this address a Hub, or does the network here want a login first?';
    throw new HubError('serverFailed', `${what}: ${new URL(endpoint).host} gives no listing but a page; ${remedy}`);
  }
}

/** Throws a HubError where a field is not what the Hub sends. */
export function readListing(body: unknown, what: string, endpoint: string): HubRepo {
  const listing = listingSchema.safeParse(body);
  if (!listing.success) {
    const [issue] = listing.error.issues;
    throw new HubError('serverFailed', `${what}: the listing lacks ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { data } = listing;
  return {
    id: data.id,
    endpoint,
    commit: data.sha,
    isGated: data.gated !== false,
    isPrivate: data.private,
    files: data.siblings.map(({ rfilename, size, blobId, lfs }) => ({
      name: rfilename,
      sizeBytes: size,
      contentId: lfs?.sha256 ?? blobId,
    })),
  };
}
