// The Hugging Face Hub in small, over folders on disk: what listing and downloading see of it, and its failures on
// demand. Large files are redirected to a second origin, as the Hub redirects to its object store.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';

export interface HubOptions {
  /** Repository id, such as `someone/tiny`, to the folder that holds its files. */
  repos: Record<string, string>;
  /** Files of these endings are redirected to the second origin. Default .safetensors. */
  redirected?: string[];
  /** Repositories that need this bearer token. */
  gated?: Record<string, string>;
}

/** Failures to come, each used up by the request that meets it. */
export interface Faults {
  /** Breaks the connection of a file's next transfers after this many bytes of the body, one entry a transfer. */
  breakAfterBytes: number[];
  /** Answers the next requests for files with these statuses. */
  statuses: { status: number; retryAfter?: string }[];
  /** Serves whole files where a range was asked for. */
  ignoresRange: boolean;
  /** Changes every ETag, as a new upload does. */
  etagSuffix: string;
  /** Sends no ETag and no size on the redirect, as a proxy may. */
  hidesIdentity: boolean;
}

export interface SeenRequest {
  origin: 'hub' | 'store';
  method: string;
  path: string;
  authorization: string | undefined;
  range: string | undefined;
}

export interface HubServer {
  endpoint: string;
  faults: Faults;
  /** Every request so far, oldest first. */
  requests: SeenRequest[];
  close(): Promise<void>;
}

const REVISION_SHA = '0123456789abcdef0123456789abcdef01234567';
const EXPOSED =
  'ETag, Link, Location, Accept-Ranges, Content-Range, Content-Length, X-Error-Code, X-Error-Message, X-Linked-ETag, X-Linked-Size, X-Repo-Commit, Retry-After';

export async function startHub(options: HubOptions): Promise<HubServer> {
  const faults: Faults = {
    breakAfterBytes: [],
    statuses: [],
    ignoresRange: false,
    etagSuffix: '',
    hidesIdentity: false,
  };
  const requests: SeenRequest[] = [];
  const hub = new LocalHub(options, faults);
  const listen = (
    origin: SeenRequest['origin'],
    answer: (url: URL, q: IncomingMessage, r: ServerResponse) => Promise<void>,
  ) => {
    const server = createServer((request, response) => {
      const { authorization, range } = request.headers;
      requests.push({ origin, method: request.method ?? '', path: request.url ?? '', authorization, range });
      response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
      response.setHeader('Access-Control-Expose-Headers', EXPOSED);
      if (request.method === 'OPTIONS') {
        // The store takes no credentials: a browser that is about to send a token there is refused.
        const headers = origin === 'hub' ? 'authorization, range' : 'range';
        response.writeHead(204, {
          'Access-Control-Allow-Headers': headers,
          'Access-Control-Allow-Methods': 'GET, HEAD',
        });
        response.end();
        return;
      }
      answer(new URL(request.url ?? '/', 'http://localhost'), request, response).catch((error: unknown) => {
        // A client that hung up is its own business.
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end(String(error));
      });
    });
    return new Promise<Server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  };
  const store = await listen('store', (url, request, response) => hub.answerStore(url, request, response));
  hub.storeOrigin = originOf(store);
  const front = await listen('hub', (url, request, response) => hub.answerHub(url, request, response));
  const close = (server: Server) => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    endpoint: originOf(front),
    faults,
    requests,
    close: async () => void (await Promise.all([close(front), close(store)])),
  };
}

function originOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('hub server: no port');
  return `http://127.0.0.1:${address.port}`;
}

class LocalHub {
  storeOrigin = '';
  readonly #options: HubOptions;
  readonly #faults: Faults;

  constructor(options: HubOptions, faults: Faults) {
    this.#options = options;
    this.#faults = faults;
  }

  async answerHub(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const api = /^\/api\/models\/(.+?)\/revision\/([^/]+)$/.exec(decodeURIComponent(url.pathname));
    const file = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(decodeURIComponent(url.pathname));
    const [, repo = '', revision = '', path] = api ?? file ?? [];
    const fault = this.#faults.statuses.shift();
    if (fault !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      return refuse(response, fault.status, 'Fault', 'asked for by the test');
    }
    const folder = this.#options.repos[repo];
    // The Hub does not tell strangers which repositories exist.
    if (folder === undefined) return refuse(response, 401, 'RepoNotFound', 'Repository not found');
    const token = this.#options.gated?.[repo];
    const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`;
    if (path !== undefined && !isAllowed) {
      const status = request.headers.authorization === undefined ? 401 : 403;
      return refuse(response, status, 'GatedRepo', `Access to model ${repo} is restricted.`);
    }
    if (revision !== 'main' && revision !== REVISION_SHA) return refuse(response, 404, 'RevisionNotFound', revision);
    if (path === undefined) return this.#list(repo, folder, url.searchParams.get('blobs') === 'true', response);
    return this.#file(join(folder, path), path, request, response);
  }

  /** Sizes and content ids come only with `blobs=true`, as on the Hub. */
  async #list(repo: string, folder: string, withBlobs: boolean, response: ServerResponse): Promise<void> {
    const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const siblings = await Promise.all(
      names
        .sort()
        .map(async (rfilename) => ({ rfilename, ...(withBlobs && (await this.#blob(join(folder, rfilename)))) })),
    );
    const gated = this.#options.gated?.[repo] === undefined ? false : 'manual';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ id: repo, sha: REVISION_SHA, gated, siblings }));
  }

  async #blob(path: string) {
    const bytes = await readFile(path);
    const blobId = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const lfs = this.#isRedirected(path) ? { sha256, size: bytes.length, pointerSize: 134 } : undefined;
    return { size: bytes.length, blobId, lfs };
  }

  #isRedirected(path: string): boolean {
    return (this.#options.redirected ?? ['.safetensors']).some((ending) => path.endsWith(ending));
  }

  async #file(path: string, name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return refuse(response, 404, 'EntryNotFound', `${name} does not exist`);
    const etag = await this.#etag(path);
    response.setHeader('X-Repo-Commit', REVISION_SHA);
    if (!this.#isRedirected(name)) return this.#send(path, etag, request, response);
    if (!this.#faults.hidesIdentity) {
      response.setHeader('X-Linked-ETag', etag);
      response.setHeader('X-Linked-Size', info.size);
    }
    response.writeHead(302, { Location: `${this.storeOrigin}/${encodeURIComponent(path)}` }).end();
  }

  async answerStore(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(url.pathname.slice(1));
    const isServed = Object.values(this.#options.repos).some((folder) => path.startsWith(`${folder}/`));
    if (!isServed || request.headers.authorization !== undefined) return refuse(response, 400, 'Denied', 'not here');
    return this.#send(path, await this.#etag(path), request, response);
  }

  async #etag(path: string): Promise<string> {
    return `"${createHash('sha256')
      .update(await readFile(path))
      .digest('hex')}${this.#faults.etagSuffix}"`;
  }

  async #send(path: string, etag: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { size } = await stat(path);
    const asked = /^bytes=(\d+)-(\d*)$/.exec(this.#faults.ignoresRange ? '' : (request.headers.range ?? ''));
    const start = Number(asked?.[1] ?? 0);
    const end = Math.min(size, asked?.[2] ? Number(asked[2]) + 1 : size);
    if (!this.#faults.hidesIdentity) response.setHeader('ETag', etag);
    response.setHeader('Accept-Ranges', 'bytes');
    if (asked !== null && start >= size) {
      response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
      return;
    }
    if (asked !== null) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${size}`);
    response.writeHead(asked === null ? 200 : 206, { 'Content-Length': end - start });
    if (request.method === 'HEAD' || end === start) {
      response.end();
      return;
    }
    const breakAfter = this.#faults.breakAfterBytes.shift() ?? Number.POSITIVE_INFINITY;
    const last = Math.min(end, start + breakAfter);
    if (last > start) await pipeline(createReadStream(path, { start, end: last - 1 }), response, { end: false });
    if (last === end) response.end();
    else {
      // A browser throws away what it has received but not yet handed on when the connection fails.
      await setTimeout(200);
      response.socket?.end();
    }
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'X-Error-Code': code, 'X-Error-Message': message }).end(message);
}
