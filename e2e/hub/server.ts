// The Hugging Face Hub in small, over folders on disk: what listing, downloading and pushing (uploads.ts) see of it, and
// its failures on demand. Large files come from and go to a second origin, as with the Hub's object store.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import type { Faults } from './faults.ts';
import { answerUpload, type Branch, type Repo, storeUpload, type Uploads } from './uploads.ts';

export interface HubOptions {
  /** Repository id, such as `someone/tiny`, to the folder that holds its files. */
  repos: Record<string, string>;
  /** Files of these endings are redirected to the second origin. Default .safetensors. */
  redirected?: string[];
  /** Repositories that need this bearer token. */
  gated?: Record<string, string>;
  /** Who pushes with which token, and whether the token may write. Without any, nothing can be pushed. */
  accounts?: Record<string, { name: string; canWrite: boolean }>;
  /** Where repositories that are made, and objects, are kept. */
  pushedTo?: string;
  /** Objects above this go in parts of so many bytes. */
  partBytes?: number;
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
  /** What a repository holds now; undefined where there is none. */
  repo(id: string): Repo | undefined;
  close(): Promise<void>;
}

const FIRST_COMMIT = '0123456789abcdef0123456789abcdef01234567';
const EXPOSED =
  'ETag, Link, Location, Accept-Ranges, Content-Range, Content-Length, X-Error-Code, X-Error-Message, X-Linked-ETag, X-Linked-Size, X-Repo-Commit, Retry-After';

export async function startHub(options: HubOptions): Promise<HubServer> {
  const faults: Faults = {
    breakAfterBytes: [],
    statuses: [],
    ignoresRange: false,
    etagSuffix: '',
    hidesIdentity: false,
    answers: [],
    breakUploadAfterBytes: [],
    commitsBetween: 0,
    lostCommitAnswers: 0,
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
        const headers = origin === 'hub' ? 'authorization, content-type, range' : 'range';
        response.writeHead(204, {
          'Access-Control-Allow-Headers': headers,
          'Access-Control-Allow-Methods': origin === 'hub' ? 'GET, HEAD, POST' : 'GET, HEAD, PUT',
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
  hub.uploads.storeOrigin = originOf(store);
  const front = await listen('hub', (url, request, response) => hub.answerHub(url, request, response));
  hub.uploads.hubOrigin = originOf(front);
  const close = (server: Server) => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    endpoint: originOf(front),
    faults,
    requests,
    repo: (id) => hub.uploads.repos.get(id),
    close: async () => void (await Promise.all([close(front), close(store)])),
  };
}

function originOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('hub server: no port');
  return `http://127.0.0.1:${address.port}`;
}

class LocalHub {
  readonly uploads: Uploads;
  readonly #options: HubOptions;
  readonly #faults: Faults;

  constructor(options: HubOptions, faults: Faults) {
    this.#options = options;
    this.#faults = faults;
    const { accounts = {}, pushedTo, partBytes = Number.POSITIVE_INFINITY } = options;
    const repos = Object.entries(options.repos).map(([id, folder]): [string, Repo] => {
      const main: Branch = { folder, commit: FIRST_COMMIT, large: new Set() };
      return [id, { isPrivate: false, branches: new Map([['main', main]]), commits: [] }];
    });
    this.uploads = {
      repos: new Map(repos),
      accounts,
      folder: pushedTo,
      partBytes,
      faults,
      hubOrigin: '',
      storeOrigin: '',
      isLarge: (path) => this.#isRedirected(path),
      parts: new Map(),
    };
  }

  async answerHub(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.#faults.statuses.shift() ?? this.#faultFor(url, request);
    if (fault !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      // Whoever hangs up before all has come breaks the connection, and the answer with it.
      request.resume();
      await new Promise((resolve) => request.once('end', resolve));
      if (fault.status === 0) return void request.socket.destroy();
      return refuse(response, fault.status, 'Fault', fault.message ?? 'asked for by the test');
    }
    if (await answerUpload(this.uploads, url, request, response)) return;
    const api = /^\/api\/models\/(.+?)(?:\/revision\/([^/]+))?$/.exec(url.pathname);
    const file = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const [, id = '', revision = 'main', path] = (api ?? file ?? []).map((part) => part && decodeURIComponent(part));
    const repo = this.uploads.repos.get(id);
    const account = this.#accountOf(request);
    // The Hub does not tell strangers which repositories exist.
    const isHidden = repo?.isPrivate && account === undefined;
    if (repo === undefined || isHidden) {
      return refuse(response, account === undefined ? 401 : 404, 'RepoNotFound', 'Repository not found');
    }
    const token = this.#options.gated?.[id];
    const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`;
    if (path !== undefined && !isAllowed) {
      const status = request.headers.authorization === undefined ? 401 : 403;
      return refuse(response, status, 'GatedRepo', `Access to model ${id} is restricted.`);
    }
    const branch = repo.branches.get(revision) ?? [...repo.branches.values()].find((b) => b.commit === revision);
    if (branch === undefined) return refuse(response, 404, 'RevisionNotFound', revision);
    if (path === undefined) {
      return this.#list(id, branch, repo.isPrivate, url.searchParams.get('blobs') === 'true', response);
    }
    return this.#file(branch, path, request, response);
  }

  #faultFor(url: URL, request: IncomingMessage) {
    const at = this.#faults.answers.findIndex(({ to }) => to.test(`${request.method} ${url.pathname}`));
    return at < 0 ? undefined : this.#faults.answers.splice(at, 1)[0];
  }

  #accountOf({ headers }: IncomingMessage) {
    return this.uploads.accounts[headers.authorization?.replace(/^Bearer /, '') ?? ''];
  }

  /** Sizes and content ids come only with `blobs=true`, as on the Hub. */
  async #list(
    repo: string,
    { folder, commit, large }: Branch,
    isPrivate: boolean,
    withBlobs: boolean,
    response: ServerResponse,
  ): Promise<void> {
    const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const siblings = await Promise.all(
      names.sort().map(async (rfilename) => ({
        rfilename,
        ...(withBlobs && (await this.#blob(join(folder, rfilename), large.has(rfilename)))),
      })),
    );
    const gated = this.#options.gated?.[repo] === undefined ? false : 'manual';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ id: repo, sha: commit, gated, private: isPrivate, siblings }));
  }

  async #blob(path: string, isLarge: boolean) {
    const bytes = await readFile(path);
    const blobId = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const lfs = isLarge || this.#isRedirected(path) ? { sha256, size: bytes.length, pointerSize: 134 } : undefined;
    return { size: bytes.length, blobId, lfs };
  }

  #isRedirected(path: string): boolean {
    return (this.#options.redirected ?? ['.safetensors']).some((ending) => path.endsWith(ending));
  }

  async #file(
    { folder, commit, large }: Branch,
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return refuse(response, 404, 'EntryNotFound', `${name} does not exist`);
    const etag = await this.#etag(path);
    response.setHeader('X-Repo-Commit', commit);
    if (!large.has(name) && !this.#isRedirected(name)) return this.#send(path, etag, request, response);
    if (!this.#faults.hidesIdentity) {
      response.setHeader('X-Linked-ETag', etag);
      response.setHeader('X-Linked-Size', info.size);
    }
    response.writeHead(302, { Location: `${this.uploads.storeOrigin}/${encodeURIComponent(path)}` }).end();
  }

  async answerStore(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(url.pathname.slice(1));
    if (request.method === 'PUT') return storeUpload(this.uploads, path, request, response);
    const folders = [...this.uploads.repos.values()].flatMap(({ branches }) => [...branches.values()]);
    const isServed = folders.some(({ folder }) => path.startsWith(`${folder}/`));
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

export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'X-Error-Code': code, 'X-Error-Message': message }).end(message);
}
