/** One request of a push, tried again where that can help. The token goes to the endpoint only. */
import { type HubOptions, mayPass, Retryable, retryAfterMs, withRetries } from './hubRequest.ts';
import { type PushPlace, pushError, pushNetworkError } from './pushError.ts';

export interface PushOptions extends HubOptions {
  token: string;
  endpoint: string;
}

interface Request {
  url: string;
  /** Sent as it is; with `type` as its content type. */
  body?: { data: Blob | string; type: string };
  accept?: string;
  /** Statuses that are an answer, not a failure. */
  expected?: readonly number[];
}

/** `json`: the answer's body, undefined where it is none. */
export interface Answer {
  status: number;
  headers: Headers;
  json: unknown;
}

/** A body makes it a POST. Throws a HubError, or the signal's reason. */
export function requestHub(request: Request, place: PushPlace, options: PushOptions): Promise<Answer> {
  return withRetries(options, () => requestOnce(request, place, options));
}

async function requestOnce(
  { url, body, accept, expected = [] }: Request,
  place: PushPlace,
  { token, endpoint, signal }: PushOptions,
): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (new URL(url).origin === new URL(endpoint).origin) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = body.type;
  if (accept !== undefined) headers.Accept = accept;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers,
      body: body?.data ?? null,
      signal: signal ?? null,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    text = await response.text();
  } catch (error) {
    throw new Retryable(pushNetworkError(error, url, place));
  }
  const json = parsed(text);
  const { status } = response;
  if (response.ok || expected.includes(status)) return { status, headers: response.headers, json };
  const error = pushError(status, saidBy(response, json), place);
  throw mayPass(status) ? new Retryable(error, retryAfterMs(response.headers)) : error;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The server's own words: of the body first, which is fuller. */
function saidBy(response: Response, json: unknown): string {
  if (typeof json === 'object' && json !== null && 'error' in json && typeof json.error === 'string') return json.error;
  return response.headers.get('X-Error-Message') ?? '';
}
