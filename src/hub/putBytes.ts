/**
 * One PUT to an object store, with the bytes told as they leave. In a browser only XMLHttpRequest tells them, and only
 * `fetch` does under Node: there the body is a stream that counts what is taken from it.
 */
import { HubError } from './hubError.ts';
import { mayPass, Retryable, retryAfterMs, watchdog } from './hubRequest.ts';
import { type PushPlace, pushError, pushNetworkError } from './pushError.ts';

interface PutOptions {
  signal?: AbortSignal | undefined;
  stallMs?: number | undefined;
  onSent: (sentBytes: number) => void;
}

interface PutAnswer {
  status: number;
  said: string;
  headers: Pick<Headers, 'get'>;
}

/** The answer's ETag. Throws a Retryable for what may pass, else a HubError, or the signal's reason. */
export async function putBytes(url: string, body: Blob, place: PushPlace, options: PutOptions): Promise<string | null> {
  const { signal, stallMs = 60_000, onSent } = options;
  signal?.throwIfAborted();
  const ended = new AbortController();
  const stop = () => ended.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const watch = watchdog(stallMs, () => ended.abort(new Error('nothing went')));
  const tell = (sentBytes: number) => {
    watch.reset();
    onSent(sentBytes);
  };
  try {
    const put = typeof XMLHttpRequest === 'undefined' ? putByFetch : putByXhr;
    const { status, said, headers } = await put(url, body, tell, ended.signal).catch((error: unknown) => {
      throw new Retryable(pushNetworkError(error, url, place));
    });
    if (status >= 200 && status < 300) return headers.get('ETag');
    if (mayPass(status)) throw new Retryable(pushError(status, said, place), retryAfterMs(headers));
    const words = said === '' ? '' : `; it says: ${said.replace(/\.$/, '')}`;
    throw new HubError(
      'refused',
      `${place.what}: the Hub's object store did not take it (${status}${words}). Try again.`,
    );
  } finally {
    watch.clear();
    signal?.removeEventListener('abort', stop);
  }
}

type Put = (url: string, body: Blob, tell: (sentBytes: number) => void, signal: AbortSignal) => Promise<PutAnswer>;

const putByXhr: Put = (url, body, tell, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.upload.addEventListener('progress', ({ loaded }) => tell(loaded));
    request.addEventListener('load', () =>
      resolve({
        status: request.status,
        said: saidIn(request.responseText),
        headers: { get: (name) => request.getResponseHeader(name) },
      }),
    );
    request.addEventListener('error', () => reject(new TypeError('the connection broke')));
    request.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });

const putByFetch: Put = async (url, body, tell, signal) => {
  let sentBytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sentBytes += chunk.length;
      tell(sentBytes);
      controller.enqueue(chunk);
    },
  });
  const init: RequestInit & { duplex: 'half' } = {
    method: 'PUT',
    // A store takes no chunked transfer: it must know how much will come.
    headers: { 'Content-Length': String(body.size) },
    body: body.stream().pipeThrough(counted),
    duplex: 'half',
    signal,
    redirect: 'error',
  };
  const response = await fetch(url, init);
  return { status: response.status, said: saidIn(await response.text()), headers: response.headers };
};

/** A store's errors are XML. */
function saidIn(text: string): string {
  return /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '';
}
