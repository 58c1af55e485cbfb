/**
 * Files into a model repository on the Hub, as one commit: what is there already is left out, large files go to the object
 * store first, small ones travel in the commit.
 *
 * `@huggingface/hub` takes Blobs; here a file may be made while it is read (a merged model), and is read anew for its hash
 * and for each try, so that none is ever held.
 * Source: Hub API, preupload and commit (newline-delimited JSON: a header, then one line a file).
 */
import { z } from 'zod';
import { type HubRepo, repoUrl } from './hub.ts';
import { HubError } from './hubError.ts';
import { HUB_ENDPOINT, type HubOptions, pause } from './hubRequest.ts';
import { base64, gitBlobId, type PushFile, sampleOf, sha256Of, wholeOf } from './pushContent.ts';
import { pushLarge } from './pushLarge.ts';
import { openRepo, type PushTarget, placeOf } from './pushRepo.ts';
import { type PushOptions, requestHub } from './pushRequest.ts';

export interface PushRequest extends Omit<PushTarget, 'isPrivate' | 'revision'> {
  files: readonly PushFile[];
  revision?: string;
  isPrivate?: boolean;
  /** The commit's first line. */
  message: string;
}

/** Bytes of all files together. `reading`: for their hashes. */
export interface PushProgress {
  phase: 'reading' | 'uploading' | 'committing';
  file: string;
  doneBytes: number;
  totalBytes: number;
}

export interface PushRun extends HubOptions {
  /** Sent to the endpoint, and kept nowhere. */
  token: string;
  onProgress?: (progress: PushProgress) => void;
}

export interface PushResult {
  /** The repository's page. */
  url: string;
  isNew: boolean;
  /** Undefined where everything was there already. */
  commitUrl: string | undefined;
  pushedFiles: number;
  pushedBytes: number;
  /** Files that the repository had already, with the same content. */
  keptFiles: number;
}

/** A file with what the Hub knows its content by; those that travel in the commit with the content itself. */
interface Content {
  file: PushFile;
  oid: string;
  small: Uint8Array | undefined;
}

/** Throws a HubError, the signal's reason, or what reading a file throws; until the commit the repository is as it was. */
export async function pushFiles(request: PushRequest, run: PushRun): Promise<PushResult> {
  const { repo: repoId, files, message, revision = 'main', isPrivate = false } = request;
  const options: PushOptions = { ...run, endpoint: run.endpoint ?? HUB_ENDPOINT };
  const target = { repo: repoId, revision, isPrivate };
  let repo = await openRepo(target, options);
  const { isNew, id } = repo;
  const large = await largeOf(id, revision, files, options);
  const contents = await contentsOf(files, large, options, run.onProgress);
  let sent: PushResult | undefined;
  for (let tries = 1; ; tries++) {
    const changed = contents.filter(({ file, oid }) => contentIn(repo, file) !== oid);
    const keptFiles = contents.length - changed.length;
    const pushedBytes = changed.reduce((sum, { file }) => sum + file.sizeBytes, 0);
    const result = { url: pageOf(id, revision, options.endpoint), isNew, keptFiles, pushedBytes };
    // A commit whose answer was lost is found here as done.
    if (changed.length === 0) return sent ?? { ...result, commitUrl: undefined, pushedFiles: 0 };
    await uploadLarge(id, revision, changed, options, run.onProgress);
    run.onProgress?.({ phase: 'committing', file: '', doneBytes: pushedBytes, totalBytes: pushedBytes });
    sent = { ...result, commitUrl: result.url, pushedFiles: changed.length };
    try {
      const commitUrl = await commit(repo, revision, message, changed, options);
      return { ...result, commitUrl, pushedFiles: changed.length };
    } catch (error) {
      // Another commit on the same branch: what is there now is looked at again.
      const isConflict = error instanceof HubError && error.problem === 'conflict';
      if (!isConflict || tries >= MOST_COMMITS) throw error;
      await pause((options.retryDelayMs ?? 500) * 2 ** (tries - 1), options.signal);
      repo = await openRepo(target, options);
    }
  }
}

const MOST_COMMITS = 4;

function contentIn({ files }: HubRepo, { name }: PushFile): string | undefined {
  return files.find((file) => file.name === name)?.contentId;
}

function pageOf(repo: string, revision: string, endpoint: string): string {
  const page = repoUrl(repo, endpoint);
  return revision === 'main' ? page : `${page}/tree/${encodeURIComponent(revision)}`;
}

const modesSchema = z.object({
  files: z.array(z.object({ path: z.string(), uploadMode: z.enum(['lfs', 'regular']) })),
});

const FILES_A_REQUEST = 100;

/** Names of the files that the Hub wants in its object store. It decides by name, size and first bytes. */
async function largeOf(
  repo: string,
  revision: string,
  files: readonly PushFile[],
  options: PushOptions,
): Promise<ReadonlySet<string>> {
  const large = new Set<string>();
  const url = `${options.endpoint}/api/models/${repo}/preupload/${encodeURIComponent(revision)}`;
  for (let from = 0; from < files.length; from += FILES_A_REQUEST) {
    const asked = files.slice(from, from + FILES_A_REQUEST).map(async (file) => ({
      path: file.name,
      size: file.sizeBytes,
      sample: base64(await sampleOf(file)),
    }));
    const body = { data: JSON.stringify({ files: await Promise.all(asked) }), type: 'application/json' };
    const { json } = await requestHub({ url, body }, placeOf(repo, options.endpoint), options);
    const modes = modesSchema.safeParse(json);
    if (!modes.success) {
      throw new HubError('serverFailed', `${repo}: the Hub does not say how to upload. Try again later.`);
    }
    for (const { path, uploadMode } of modes.data.files) if (uploadMode === 'lfs') large.add(path);
  }
  // The store takes no empty objects.
  for (const { name, sizeBytes } of files) if (sizeBytes === 0) large.delete(name);
  return large;
}

async function contentsOf(
  files: readonly PushFile[],
  large: ReadonlySet<string>,
  { signal }: PushOptions,
  onProgress: PushRun['onProgress'],
): Promise<Content[]> {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  const contents: Content[] = [];
  for (const file of files) {
    const tell = (sizeBytes: number) => {
      doneBytes += sizeBytes;
      onProgress?.({ phase: 'reading', file: file.name, doneBytes, totalBytes });
    };
    if (large.has(file.name)) {
      contents.push({ file, oid: await sha256Of(file, tell, signal), small: undefined });
      continue;
    }
    signal?.throwIfAborted();
    const small = await wholeOf(file);
    tell(small.length);
    contents.push({ file, oid: await gitBlobId(small), small });
  }
  return contents;
}

async function uploadLarge(
  repo: string,
  revision: string,
  changed: readonly Content[],
  options: PushOptions,
  onProgress: PushRun['onProgress'],
): Promise<void> {
  const large = changed.filter(({ small }) => small === undefined);
  const totalBytes = changed.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  let before = 0;
  for (const { file, oid } of large) {
    const tell = (sentBytes: number) =>
      onProgress?.({ phase: 'uploading', file: file.name, doneBytes: before + sentBytes, totalBytes });
    tell(0);
    await pushLarge(file, oid, revision, placeOf(repo, options.endpoint, file.name), options, tell);
    before += file.sizeBytes;
  }
}

const committedSchema = z.object({ commitUrl: z.string() });

/** One line for the commit, one for each file. `parentCommit` makes the Hub refuse where another came in between. */
async function commit(
  repo: HubRepo,
  revision: string,
  message: string,
  contents: readonly Content[],
  options: PushOptions,
): Promise<string> {
  const [summary = '', ...description] = message.split('\n');
  const header = { summary, description: description.join('\n').trim(), parentCommit: repo.commit };
  const lines = [{ key: 'header', value: header }, ...contents.map(lineOf)];
  const data = new Blob(lines.map((line) => `${JSON.stringify(line)}\n`));
  const url = `${options.endpoint}/api/models/${repo.id}/commit/${encodeURIComponent(revision)}`;
  const body = { data, type: 'application/x-ndjson' };
  const { json } = await requestHub({ url, body }, placeOf(repo.id, options.endpoint), options);
  const committed = committedSchema.safeParse(json);
  return committed.success ? committed.data.commitUrl : repoUrl(repo.id, options.endpoint);
}

function lineOf({ file, oid, small }: Content) {
  const path = file.name;
  return small === undefined
    ? { key: 'lfsFile', value: { path, algo: 'sha256', oid, size: file.sizeBytes } }
    : { key: 'file', value: { path, encoding: 'base64', content: base64(small) } };
}
