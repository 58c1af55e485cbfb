/**
 * One request to the Hub, tried again where that can help: no connection, 408, 429 and 5xx, with growing pauses or the
 * one that the server asks for.
 *
 * A redirect to the object store is followed by `fetch`, which drops the Authorization header when the origin changes
 * (Fetch standard, HTTP-redirect fetch): the token goes to the endpoint only.
 */
import { type HubError, networkError, responseError } from './hubError.ts';

export const HUB_ENDPOINT = 'https://huggingface.co';

export interface HubOptions {
  /** Default https://huggingface.co; a mirror or a local server may stand in. */
  endpoint?: string;
  /** Held in memory by the caller; sent to the endpoint only. */
  token?: string;
  signal?: AbortSignal;
  /** Tries in a row without one new byte before giving up. Default 5. */
  maxAttempts?: number;
  /** The first pause; each further one is twice as long, 30 s at most. Default 500. */
  retryDelayMs?: number;
  /** A connection that sends nothing for this long is broken off and tried again. Default 60 s. */
  stallMs?: number;
}

const MAX_DELAY_MS = 30_000;
const MAX_RETRY_AFTER_MS = 120_000;

/** A failure that another try may mend, and how long to wait before it. */
export class Retryable extends Error {
  readonly failure: HubError;
  readonly delayMs: number | undefined;

  constructor(failure: HubError, delayMs?: number) {
    super(failure.message);
    this.failure = failure;
    this.delayMs = delayMs;
  }
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has failed `maxAttempts` times without progress. `attempt` throws
 * a Retryable for what may pass; `hasProgressed` tells whether the last one got any further.
 */
export async function withRetries<T>(
  options: HubOptions,
  attempt: () => Promise<T>,
  hasProgressed: () => boolean = () => false,
): Promise<T> {
  const { maxAttempts = 5, retryDelayMs = 500, signal } = options;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Retryable)) throw error;
      failures = hasProgressed() ? 1 : failures + 1;
      if (failures >= maxAttempts) throw error.failure;
      await pause(error.delayMs ?? Math.min(MAX_DELAY_MS, retryDelayMs * 2 ** (failures - 1)), signal);
    }
  }
}

/** Rejects with the signal's reason as soon as it is aborted. */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Fetches once. Throws a Retryable for what may pass, else a HubError that names `what`. The body is not read; `signal`
 * reaches it too.
 */
export async function fetchOnce(
  url: string,
  what: string,
  repoUrl: string,
  { endpoint = HUB_ENDPOINT, token, signal }: HubOptions,
  headers: Record<string, string> = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    throw new Retryable(networkError(error, what, endpoint));
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const error = responseError(response, what, repoUrl, Boolean(token));
  throw mayPass(response.status) ? new Retryable(error, retryAfterMs(response.headers)) : error;
}

/** Whether a request that was answered so may do better a little later. */
export function mayPass(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * How long the server asks to wait, two minutes at most: by Retry-After, or as the Hub says it by RateLimit
 * (draft-ietf-httpapi-ratelimit-headers: `"api";r=0;t=55`, none left for 55 s).
 */
export function retryAfterMs(headers: Pick<Headers, 'get'>): number | undefined {
  const [, reset] = /;\s*r=0\b.*;\s*t=(\d+)/.exec(headers.get('RateLimit') ?? '') ?? [];
  const value = headers.get('Retry-After') ?? reset ?? '';
  if (value === '') return undefined;
  const delayMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(delayMs) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, delayMs));
}

/** Calls `onStall` when `reset` has not been called for `stallMs`. */
export function watchdog(stallMs: number, onStall: () => void) {
  let timer = setTimeout(onStall, stallMs);
  return {
    reset() {
      clearTimeout(timer);
      timer = setTimeout(onStall, stallMs);
    },
    clear: () => clearTimeout(timer),
  };
}
