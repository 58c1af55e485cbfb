/**
 * One file from the Hub into a sink, in order, however often the connection breaks: each further request asks for what
 * the sink does not have yet. Nothing is held but the chunk in hand.
 */
import { type HubFile, type HubRepo, repoUrl, resolveUrl } from './hub.ts';
import { HubError, networkError } from './hubError.ts';
import { fetchOnce, type HubOptions, Retryable, watchdog, withRetries } from './hubRequest.ts';

/** Where the bytes go: a cached file open at its end, or memory. */
export interface DownloadSink {
  /** Bytes already there; the download goes on behind them. */
  readonly sizeBytes: number;
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
}

export interface DownloadOptions extends HubOptions {
  onProgress?: (receivedBytes: number, sizeBytes: number) => void;
}

/**
 * Resolves when the sink holds the whole file. Throws a HubError, or the signal's reason; the sink keeps what came, and
 * a later call goes on from there. The caller closes the sink.
 */
export async function download(
  repo: HubRepo,
  file: HubFile,
  sink: DownloadSink,
  options: DownloadOptions = {},
): Promise<void> {
  const what = `${file.name} of ${repo.id}`;
  let etag: string | null = null;
  let bytesBefore = sink.sizeBytes;
  if (sink.sizeBytes > file.sizeBytes) await sink.truncate(0);

  const attempt = async () => {
    if (sink.sizeBytes === file.sizeBytes) return;
    bytesBefore = sink.sizeBytes;
    const stalled = new AbortController();
    const stop = () => stalled.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', stop, { once: true });
    const watch = watchdog(options.stallMs ?? 60_000, () => stalled.abort(new Error('nothing came')));
    try {
      const response = await requestRest(repo, file, sink.sizeBytes, what, { ...options, signal: stalled.signal });
      const seen = response.headers.get('ETag');
      const isOther = etag !== null && seen !== null && seen !== etag;
      const isWhole = response.status === 200;
      etag = seen ?? etag;
      if (sink.sizeBytes > 0 && (isOther || isWhole)) await sink.truncate(0);
      if (isOther && !isWhole) {
        throw new Retryable(new HubError('changed', `${what}: it changed while it was fetched; try again`), 0);
      }
      checkSize(response, sink.sizeBytes, file.sizeBytes, what);
      await copyBody(response, file, sink, what, repo.endpoint, () => {
        watch.reset();
        options.onProgress?.(sink.sizeBytes, file.sizeBytes);
      });
    } finally {
      watch.clear();
      stalled.abort();
      options.signal?.removeEventListener('abort', stop);
    }
  };
  await withRetries(options, attempt, () => sink.sizeBytes > bytesBefore);
}

function requestRest(repo: HubRepo, file: HubFile, from: number, what: string, options: HubOptions): Promise<Response> {
  const url = resolveUrl(repo.id, repo.commit, file.name, repo.endpoint);
  const range: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {};
  return fetchOnce(url, what, repoUrl(repo.id, repo.endpoint), { ...options, endpoint: repo.endpoint }, range);
}

/** What is about to come must end where the file does, or it is not the file that was listed. */
export function checkSize(response: Response, from: number, sizeBytes: number, what: string): void {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '') ?? [];
  const isOther = start !== undefined && (Number(start) !== from || Number(total) !== sizeBytes);
  if (!isOther) return;
  const got = `bytes from ${start} of ${total}`;
  throw new HubError('changed', `${what}: expected bytes from ${from} of ${sizeBytes}, got ${got}; list it again`);
}

async function copyBody(
  response: Response,
  file: HubFile,
  sink: DownloadSink,
  what: string,
  endpoint: string,
  onChunk: () => void,
): Promise<void> {
  const reader = response.body?.getReader();
  const next = () =>
    reader?.read().catch((error: unknown) => {
      throw new Retryable(networkError(error, what, endpoint));
    });
  for (let chunk = await next(); chunk !== undefined && !chunk.done; chunk = await next()) {
    if (sink.sizeBytes + chunk.value.length > file.sizeBytes) {
      await reader?.cancel();
      await sink.truncate(0);
      throw new HubError('changed', `${what}: expected ${file.sizeBytes} bytes, got more; list it again`);
    }
    await sink.write(chunk.value);
    onChunk();
  }
  if (sink.sizeBytes < file.sizeBytes) {
    const got = `got ${sink.sizeBytes} of ${file.sizeBytes} bytes`;
    throw new Retryable(new HubError('offline', `${what}: the connection broke, ${got}; they are kept, try again`));
  }
}
