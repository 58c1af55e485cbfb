// Files of Hub repositories in the user's cache folder: each content once, under its hash, and for each revision a folder of
// links to them under their names. A download that broke off is gone on with.
//
// HOST/owner--name/blobs/HASH, HASH.part · HOST/owner--name/snapshots/REVISION/COMMIT/… · HOST/owner--name/refs/REVISION,
// the commit that was last seen there: what is opened where the Hub cannot be reached.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { FormatError } from '../../formats/formatError.ts';
import { areShardsOfOne } from '../../formats/ggufShards.ts';
import { sortModelFiles } from '../../formats/modelFolder.ts';
import { download } from '../../hub/download.ts';
import { type HubFile, type HubRepo, listFiles } from '../../hub/hub.ts';
import { HubError } from '../../hub/hubError.ts';
import { InputError } from '../inputError.ts';
import { nodeFolder } from '../nodeFolder.ts';
import { progressBar } from '../progress.ts';
import { type HubAccess, hubAccess, hubCacheFolder, proxyNote } from './hubAccess.ts';
import { type HubPath, parseHubPath } from './hubPath.ts';

/**
 * The path itself where something lies there or it is no Hub id; else the folder (or GGUF file) that the Hub's files are in,
 * downloaded first where need be. Throws HubError, FormatError or InputError.
 */
export async function onThisMachine(path: string): Promise<string> {
  if (existsSync(path)) return path;
  const hubPath = parseHubPath(path);
  if (!hubPath) return path;
  try {
    return await bringHere(hubPath, hubAccess());
  } catch (error) {
    const isMissing = error instanceof HubError && (error.problem === 'notFound' || error.problem === 'tokenNeeded');
    if (isMissing) throw new InputError(`${path}: no such file or folder here; on the Hub: ${error.message}`);
    if (error instanceof HubError && error.problem === 'offline') {
      throw new HubError('offline', error.message + proxyNote(), { cause: error });
    }
    throw error;
  }
}

/** Which repository and revision a path in the cache is of. */
export function cachedFrom(path: string): { repo: string; revision: string } | undefined {
  const [, folder = '', snapshots, revision = ''] = relative(hubCacheFolder(), path).split(sep);
  const [owner, ...name] = folder.split('--');
  if (snapshots !== 'snapshots' || owner === undefined || name.length === 0) return undefined;
  return { repo: `${owner}/${name.join('--')}`, revision: decodeURIComponent(revision) };
}

async function bringHere(path: HubPath, access: HubAccess): Promise<string> {
  const place = join(hubCacheFolder(), new URL(access.endpoint).host, path.repo.replace('/', '--'));
  const known = knownSnapshot(place, path);
  if (access.isOffline) {
    if (known) return known;
    throw new InputError(`${path.repo}: not in the cache, and HF_HUB_OFFLINE is set`);
  }
  const { endpoint, token } = access;
  const options = { endpoint, ...(token ? { token } : {}), ...(known ? { maxAttempts: 2 } : {}) };
  let repo: HubRepo;
  try {
    repo = await listFiles(path.repo, path.revision, options);
  } catch (error) {
    if (!known || !(error instanceof HubError) || (error.problem !== 'offline' && error.problem !== 'serverFailed')) {
      throw error;
    }
    process.stderr.write(`${inShort(error.message)}; what was downloaded before is used\n`);
    return known;
  }
  const wanted = wantedOf(repo, path.file);
  const snapshot = snapshotFolder(place, path.revision, repo.commit);
  await fetchInto(repo, wanted, place, snapshot, options);
  await mkdir(join(place, 'refs'), { recursive: true });
  await writeFile(join(place, 'refs', encodeURIComponent(path.revision)), repo.commit);
  return path.file === undefined ? singleGguf(wanted, snapshot) : join(snapshot, path.file);
}

const inShort = (message: string) => message.split(';')[0] ?? message;

const snapshotFolder = (place: string, revision: string, commit: string) =>
  join(place, 'snapshots', encodeURIComponent(revision), commit);

/** What was opened last at this revision. */
function knownSnapshot(place: string, { revision, file }: HubPath): string | undefined {
  const ref = join(place, 'refs', encodeURIComponent(revision));
  if (!existsSync(ref)) return undefined;
  const snapshot = snapshotFolder(place, revision, readFileSync(ref, 'utf8').trim());
  const path = file === undefined ? snapshot : join(snapshot, file);
  return existsSync(path) ? path : undefined;
}

/** The files that a model or an adapter needs, or all parts of one GGUF file. */
function wantedOf(repo: HubRepo, name: string | undefined): HubFile[] {
  if (name !== undefined) {
    const file = repo.files.find((other) => other.name === name);
    if (!file) {
      const others = repo.files.map((other) => other.name).filter((other) => other.endsWith('.gguf'));
      const has = others.length === 0 ? 'it has no GGUF files' : `it has ${others.join(', ')}`;
      throw new InputError(`${repo.id}: no ${name} there; ${has}`);
    }
    const shards = repo.files.filter((other) => areShardsOfOne(other, file));
    return shards.length > 0 ? shards : [file];
  }
  const folder = sorted(repo);
  switch (folder.kind) {
    case 'gguf':
      return folder.files;
    case 'adapter':
      return [folder.config, folder.weights, ...(folder.card ? [folder.card] : [])];
    case 'model': {
      const { config, tokenizer, tokenizerConfig, generationConfig, specialTokensMap, chatTemplate, weights } = folder;
      const rest = [tokenizerConfig, generationConfig, specialTokensMap, chatTemplate];
      return [config, tokenizer, ...rest.filter((file) => file !== undefined), ...weights];
    }
    default:
      return folder satisfies never;
  }
}

function sorted(repo: HubRepo) {
  try {
    return sortModelFiles<HubFile>(repo.files);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const others = repo.files.map(({ name }) => name).filter((name) => name.endsWith('.gguf'));
    if (others.length < 2) throw new FormatError(repo.id, error.message);
    throw new InputError(`${repo.id}: it has several GGUF files; say which, as in ${repo.id}/${others[0]}`);
  }
}

/** A GGUF model is opened by its file. */
function singleGguf(wanted: readonly HubFile[], snapshot: string): string {
  const [first] = wanted;
  return first?.name.endsWith('.gguf') ? join(snapshot, first.name) : snapshot;
}

type Options = { endpoint: string; token?: string };

async function fetchInto(
  repo: HubRepo,
  wanted: readonly HubFile[],
  place: string,
  snapshot: string,
  options: Options,
): Promise<void> {
  const odd = wanted.find(({ contentId }) => !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(contentId));
  if (odd) throw new HubError('serverFailed', `${odd.name} of ${repo.id}: ${odd.contentId} is no hash of a content`);
  const missing = wanted.filter(({ contentId }) => !existsSync(join(place, 'blobs', contentId)));
  const totalBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (missing.length > 0) {
    process.stderr.write(`Downloading ${repo.id}: ${missing.length} files, ${(totalBytes / 1e6).toFixed(1)} MB\n`);
  }
  const bar = progressBar('Downloading');
  let before = 0;
  for (const file of missing) {
    await fetchBlob(repo, file, join(place, 'blobs'), options, (doneBytes) =>
      bar.show(before + doneBytes, totalBytes, file.name),
    );
    before += file.sizeBytes;
  }
  bar.end();
  for (const { name, contentId } of wanted) {
    const path = join(snapshot, ...name.split('/'));
    if (!path.startsWith(snapshot + sep)) throw new FormatError(repo.id, `${name}: this name leaves its folder`);
    if (existsSync(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    const blob = join(place, 'blobs', contentId);
    // Some file systems have no links.
    await link(blob, path).catch(() => copyFile(blob, path));
  }
}

async function fetchBlob(
  repo: HubRepo,
  file: HubFile,
  folder: string,
  options: Options,
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const part = `${file.contentId}.part`;
  const path = join(folder, part);
  const sink = await nodeFolder(folder).append(part);
  try {
    await download(repo, file, sink, { ...options, onProgress });
  } finally {
    await sink.close();
  }
  if ((await contentIdOf(path, file.contentId.length)) !== file.contentId) {
    await rm(path);
    throw new HubError(
      'changed',
      `${file.name} of ${repo.id}: what came is not what the Hub lists; it is thrown away, try again`,
    );
  }
  await rename(path, join(folder, file.contentId));
}

/** As the Hub names contents: SHA-256 for large files, git's blob id for others. */
async function contentIdOf(path: string, digits: number): Promise<string> {
  const hash = digits === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${statSync(path).size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
