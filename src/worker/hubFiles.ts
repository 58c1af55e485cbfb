// A model on the Hub: its listing pins the commit; small files are cached at once, headers are read by range, and the
// weights come when it is loaded, into the cache, going on where an earlier download broke off.
import { type ByteSource, blobSource } from '../formats/byteSource.ts';
import { FormatError } from '../formats/formatError.ts';
import { isGguf } from '../formats/ggufShards.ts';
import { type ModelFolder, sortModelFiles } from '../formats/modelFolder.ts';
import { type DownloadSink, download } from '../hub/download.ts';
import { type HubFile, type HubRepo, listFiles } from '../hub/hub.ts';
import { HubError } from '../hub/hubError.ts';
import type { HubOptions } from '../hub/hubRequest.ts';
import { rangedFile } from '../hub/rangedFile.ts';
import type { CacheKey } from '../storage/modelCache.ts';
import { cacheSource, modelCache } from './hubCache.ts';
import { type KeptListing, keepListing, keptListing } from './keptListings.ts';
import type { DownloadProgress, ModelFiles } from './modelFiles.ts';
import type { ModelSource } from './protocol/model.ts';

type HubSource = Extract<ModelSource, { kind: 'hub' }>;

/** Files up to this size are fetched whole when a model is described. */
const SMALL_BYTES = 16 << 20;

export async function openHubFiles(source: HubSource, signal: AbortSignal): Promise<ModelFiles> {
  const { endpoint, token, revision } = source;
  const options: HubOptions = { signal, ...(endpoint ? { endpoint } : {}), ...(token ? { token } : {}) };
  const { repo, isKeptCopy } = await listRepo(source, options);
  const folder = sortRepo(repo);
  if (folder.kind === 'adapter') {
    throw new FormatError(folder.config.name, `${repo.id} is an adapter; import it by its id in the Library`);
  }
  const wanted = folder.kind === 'gguf' ? folder.files : filesOf(folder);
  const files = wanted.map(async (file) => {
    const here = await openCached(repo, revision, file);
    if (here) return here;
    const isLarge = file.sizeBytes > SMALL_BYTES || file.name.endsWith('.safetensors') || isGguf(file.name);
    return isLarge ? rangedFile(repo, file, options) : fetchFile(repo, revision, file, options, () => {});
  });
  return {
    name: repo.id,
    baseModelId: repo.id,
    revision,
    isKeptCopy,
    files: await Promise.all(files),
    async bringHere(onProgress, cancelled) {
      const here = await bringHere(repo, revision, wanted, { ...options, signal: cancelled }, onProgress);
      if (!isKeptCopy) await keepListing({ repo: { ...repo, files: wanted }, revision, asked: source.repo });
      return here;
    },
  };
}

/** The repository as the Hub lists it; where the Hub does not, as it was when its files were brought here. */
async function listRepo(
  { repo: id, revision, endpoint }: HubSource,
  options: HubOptions,
): Promise<{ repo: HubRepo; isKeptCopy: boolean }> {
  const kept = await keptListing(id, revision, endpoint);
  if (!kept) return { repo: await listFiles(id, revision, options), isKeptCopy: false };
  try {
    return { repo: await listFiles(id, revision, { ...options, maxAttempts: 2 }), isKeptCopy: false };
  } catch (error) {
    if (error instanceof HubError && (await areHere(kept))) return { repo: kept.repo, isKeptCopy: true };
    throw error;
  }
}

async function areHere({ repo, revision }: KeptListing): Promise<boolean> {
  const files = await Promise.all(repo.files.map((file) => openCached(repo, revision, file)));
  return files.every((file) => file !== undefined);
}

function sortRepo(repo: HubRepo) {
  try {
    return sortModelFiles(repo.files);
  } catch (error) {
    if (!(error instanceof FormatError && isGguf(error.fileName))) throw error;
    throw new FormatError(repo.id, `${error.message}; download that file from the Hub and drop it here`);
  }
}

function filesOf(folder: ModelFolder<HubFile>): HubFile[] {
  const { config, tokenizer, tokenizerConfig, generationConfig, specialTokensMap, chatTemplate, weights } = folder;
  const rest = [config, tokenizer, tokenizerConfig, generationConfig, specialTokensMap, chatTemplate];
  return [...weights, ...rest.filter((file) => file !== undefined)];
}

async function bringHere(
  repo: HubRepo,
  revision: string,
  files: readonly HubFile[],
  options: HubOptions,
  onProgress: DownloadProgress,
): Promise<ByteSource[]> {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let before = 0;
  const here: ByteSource[] = [];
  for (const file of files) {
    const report = (receivedBytes: number) => onProgress(file.name, before + receivedBytes, totalBytes);
    here.push((await openCached(repo, revision, file)) ?? (await fetchFile(repo, revision, file, options, report)));
    before += file.sizeBytes;
    onProgress(file.name, before, totalBytes);
  }
  return here;
}

function keyOf(repo: HubRepo, revision: string, { name, contentId }: HubFile): CacheKey {
  return { source: cacheSource(repo.id, repo.endpoint), revision, file: name, etag: contentId };
}

async function openCached(repo: HubRepo, revision: string, file: HubFile): Promise<ByteSource | undefined> {
  return (await modelCache())?.open(keyOf(repo, revision, file));
}

/** Downloads into the cache, or into memory where there is none. What came before a failure is kept. */
async function fetchFile(
  repo: HubRepo,
  revision: string,
  file: HubFile,
  options: HubOptions,
  onProgress: (receivedBytes: number) => void,
): Promise<ByteSource> {
  const cache = await modelCache();
  if (!cache) {
    const sink = new MemorySink();
    await download(repo, file, sink, { ...options, onProgress });
    return blobSource(new Blob(sink.chunks), file.name);
  }
  const key = keyOf(repo, revision, file);
  const appender = await cache.append(key, file.sizeBytes);
  try {
    await download(repo, file, appender, { ...options, onProgress });
  } finally {
    await appender.close();
  }
  const whole = await cache.open(key);
  if (whole) return whole;
  throw new FormatError(file.name, `${repo.id}: the download is not whole; try again`);
}

class MemorySink implements DownloadSink {
  chunks: Uint8Array<ArrayBuffer>[] = [];

  get sizeBytes(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0);
  }

  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.chunks.push(chunk.slice());
  }

  async truncate(): Promise<void> {
    this.chunks = [];
  }
}
