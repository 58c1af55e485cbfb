// What hub.test.ts runs in a worker of a real browser: a repository fetched from the local Hub into OPFS, and opened.
import { openWeightFiles } from '../../src/formats/weightFiles.ts';
import { download } from '../../src/hub/download.ts';
import { listFiles } from '../../src/hub/hub.ts';
import { HubError } from '../../src/hub/hubError.ts';
import { openModelCache } from '../../src/storage/modelCache.ts';
import { openOpfs } from '../../src/storage/opfsFolder.ts';

export interface DownloadRequest {
  endpoint: string;
  repo: string;
  token?: string;
  maxAttempts: number;
}

async function fetchModel({ repo: id, ...options }: DownloadRequest) {
  const cache = openModelCache(await (await openOpfs()).folder('models'));
  const repo = await listFiles(id, 'main', options);
  const source = `${repo.endpoint}/${repo.id}`;
  const file = repo.files.find(({ name }) => name === 'model.safetensors');
  if (file === undefined) throw new Error('no model.safetensors');
  const key = { source, revision: 'main', file: file.name, etag: file.contentId };
  const sink = await cache.append(key, file.sizeBytes);
  const heldBytes = sink.sizeBytes;
  try {
    await download(repo, file, sink, { ...options, retryDelayMs: 1 });
  } catch (error) {
    return {
      heldBytes,
      storedBytes: sink.sizeBytes,
      problem: error instanceof HubError ? error.problem : String(error),
    };
  } finally {
    await sink.close();
  }
  const weights = await cache.open(key);
  const { tensors } = await openWeightFiles(weights === undefined ? [] : [weights]);
  const sums = [...tensors].map(async ([name, { source, info }]) => {
    const bytes = await source.read(info.offset, info.sizeBytes);
    return [name, bytes.reduce((sum, byte) => sum + byte, 0)];
  });
  return { heldBytes, storedBytes: sink.sizeBytes, sums: await Promise.all(sums) };
}

self.onmessage = async ({ data }: MessageEvent<DownloadRequest>) => {
  self.postMessage(await fetchModel(data).catch((error: unknown) => ({ error: String(error) })));
};
