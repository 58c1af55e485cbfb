// The pushing half of the local Hub: repositories that are made, upload modes, Git LFS with parts, commits, branches.
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import type { Faults } from './faults.ts';

export interface Branch {
  folder: string;
  commit: string;
  /** Files that were pushed as large ones. */
  large: Set<string>;
}

export interface Repo {
  isPrivate: boolean;
  branches: Map<string, Branch>;
  /** Of ours, oldest first. */
  commits: { branch: string; summary: string; description: string; paths: string[] }[];
}

export interface Uploads {
  repos: Map<string, Repo>;
  accounts: Record<string, { name: string; canWrite: boolean }>;
  folder: string | undefined;
  partBytes: number;
  faults: Faults;
  hubOrigin: string;
  storeOrigin: string;
  isLarge: (path: string) => boolean;
  /** Parts of objects under way, by object: their bytes and what the store called them. */
  parts: Map<string, { bytes: Buffer; etag: string }[]>;
}

const newCommit = () => randomBytes(20).toString('hex');
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;

/** Text up to 10 MB travels in the commit. */
const MOST_REGULAR_BYTES = 10 << 20;

class Refusal {
  readonly status: number;
  readonly message: string;
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    this.status = status;
    this.message = message;
    this.code = code;
  }
}

/** False where it is none of its requests. */
export async function answerUpload(
  hub: Uploads,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const path = decodeURIComponent(url.pathname);
  if (request.method === 'GET' && path === '/api/whoami-v2') {
    const account = accountOf(hub, request);
    send(response, account ? 200 : 401, account ? { type: 'user', name: account.name } : { error: 'no such token' });
    return true;
  }
  if (request.method !== 'POST') return false;
  const text = (await bodyOf(request)).toString('utf8');
  try {
    // Completion is let in by its address, as a store is; the token never reaches it.
    const completed = /^\/api\/complete_multipart\/([0-9a-f]{64})$/.exec(path);
    if (completed?.[1]) send(response, 200, complete(hub, completed[1], JSON.parse(text)));
    else send(response, 200, answerAs(hub, path, text, writer(hub, request), response));
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (refusal.code) response.setHeader('X-Error-Code', refusal.code);
    response.setHeader('X-Error-Message', refusal.message);
    send(response, refusal.status, { error: refusal.message });
  }
  return true;
}

function answerAs(hub: Uploads, path: string, text: string, owner: string, response: ServerResponse): object {
  const validates = path === '/api/validate-yaml';
  if (validates) return { errors: [], warnings: [] };
  const json = () => JSON.parse(text);
  if (path === '/api/repos/create') return create(hub, owner, json());
  const asked = /^\/api\/models\/([^/]+\/[^/]+)\/(preupload|commit|branch)\/(.+)$/.exec(path);
  const lfs = /^\/([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/(batch|verify)$/.exec(path);
  const id = asked?.[1] ?? lfs?.[1] ?? '';
  const repo = hub.repos.get(id);
  if (!repo) throw new Refusal(404, 'Repository not found', 'RepoNotFound');
  if (!id.startsWith(`${owner}/`)) throw new Refusal(403, 'Forbidden: you need write access');
  if (lfs?.[2] === 'batch') return batch(hub, id, json());
  if (lfs?.[2] === 'verify') return verify(hub, json());
  const revision = asked?.[3] ?? '';
  if (asked?.[2] === 'branch') return branchOff(hub, repo, id, revision);
  const branch = repo.branches.get(revision);
  if (!branch) throw new Refusal(404, `Invalid rev id: ${revision}`, 'RevisionNotFound');
  if (asked?.[2] === 'preupload') return preupload(hub, json());
  const committed = commit(hub, id, repo, revision, branch, text);
  if (hub.faults.lostCommitAnswers > 0) {
    hub.faults.lostCommitAnswers--;
    response.socket?.destroy();
  }
  return committed;
}

function send(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content));
}

function accountOf({ accounts }: Uploads, { headers }: IncomingMessage) {
  return accounts[headers.authorization?.replace(/^Bearer /, '') ?? ''];
}

/** Who it is that pushes. Throws a Refusal. */
function writer(hub: Uploads, request: IncomingMessage): string {
  const account = accountOf(hub, request);
  if (!account) throw new Refusal(401, 'Invalid credentials in Authorization header');
  if (!account.canWrite) throw new Refusal(403, 'Forbidden: your token has the role "read"');
  return account.name;
}

interface Creation {
  name: string;
  organization?: string | null;
  type?: string;
  visibility?: string;
  private?: boolean;
}

function create(hub: Uploads, owner: string, { name, organization, visibility, private: isHidden }: Creation) {
  const id = `${organization ?? owner}/${name}`;
  if (!id.startsWith(`${owner}/`)) throw new Refusal(403, `You don't have the rights to create a model under ${id}`);
  if (hub.repos.has(id)) throw new Refusal(409, 'You already created this model repo');
  const folder = folderFor(hub, id, 'main');
  writeFileSync(join(folder, '.gitattributes'), '*.safetensors filter=lfs diff=lfs merge=lfs -text\n');
  const isPrivate = visibility === 'private' || isHidden === true;
  const main: Branch = { folder, commit: newCommit(), large: new Set() };
  hub.repos.set(id, { isPrivate, branches: new Map([['main', main]]), commits: [] });
  return { url: `${hub.hubOrigin}/${id}`, name: id, id };
}

function folderFor({ folder }: Uploads, id: string, revision: string): string {
  if (folder === undefined) throw new Refusal(403, 'This server takes no pushes');
  const path = join(folder, 'repos', id.replace('/', '--'), encodeURIComponent(revision));
  mkdirSync(path, { recursive: true });
  return path;
}

function branchOff(hub: Uploads, repo: Repo, id: string, revision: string) {
  const main = repo.branches.get('main');
  if (!main) throw new Refusal(404, 'no main', 'RevisionNotFound');
  if (repo.branches.has(revision)) throw new Refusal(409, 'Reference already exists');
  const folder = folderFor(hub, id, revision);
  cpSync(main.folder, folder, { recursive: true });
  repo.branches.set(revision, { folder, commit: main.commit, large: new Set(main.large) });
  return {};
}

function preupload(hub: Uploads, { files }: { files: { path: string; size: number; sample: string }[] }) {
  return {
    files: files.map(({ path, size, sample }) => {
      const isBinary = Buffer.from(sample, 'base64').includes(0);
      const isLarge = hub.isLarge(path) || size > MOST_REGULAR_BYTES || isBinary;
      return { path, uploadMode: isLarge ? 'lfs' : 'regular', shouldIgnore: false };
    }),
  };
}

const objectPath = ({ folder }: Uploads, oid: string) => join(folder ?? '', 'objects', oid);

interface Batch {
  operation: string;
  hash_algo?: string;
  objects: { oid: string; size: number }[];
}

function batch(hub: Uploads, id: string, { operation, objects }: Batch) {
  if (operation !== 'upload') throw new Refusal(422, `operation ${operation}`);
  const verifying = { href: `${hub.hubOrigin}/${id}.git/info/lfs/objects/verify` };
  const answers = objects.map(({ oid, size }) => {
    if (!/^[0-9a-f]{64}$/.test(oid)) return { oid, size, error: { code: 422, message: 'Invalid oid' } };
    if (existsSync(objectPath(hub, oid))) return { oid, size };
    const parts = Math.ceil(size / hub.partBytes);
    const link = (part: number) => `${hub.storeOrigin}/upload/${oid}/${size}/${part}?signature=${part}`;
    if (parts <= 1) return { oid, size, actions: { upload: { href: link(0) }, verify: verifying } };
    hub.parts.set(oid, []);
    const links = Array.from({ length: parts }, (_, i) => [String(i + 1), link(i + 1)]);
    const header = { ...Object.fromEntries(links), chunk_size: String(hub.partBytes) };
    return { oid, size, actions: { upload: { href: `${hub.hubOrigin}/api/complete_multipart/${oid}`, header } } };
  });
  return { transfer: 'basic', objects: answers };
}

function verify(hub: Uploads, { oid, size }: { oid: string; size: number }): object {
  const path = objectPath(hub, oid);
  if (!existsSync(path) || readFileSync(path).length !== size) throw new Refusal(404, 'The object is not there');
  return {};
}

function complete(hub: Uploads, oid: string, { parts }: { parts: { partNumber: number; etag: string }[] }): object {
  const kept = hub.parts.get(oid) ?? [];
  const isWhole =
    parts.length === kept.length && parts.every(({ partNumber, etag }) => kept[partNumber - 1]?.etag === etag);
  if (!isWhole) throw new Refusal(400, 'The parts are not those that were sent');
  keepObject(hub, oid, Buffer.concat(kept.map(({ bytes }) => bytes)));
  return {};
}

function keepObject(hub: Uploads, oid: string, bytes: Buffer): void {
  if (hashOf(bytes) !== oid) throw new Refusal(400, `The content is not that of ${oid}`);
  const path = objectPath(hub, oid);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

interface FileLine {
  path: string;
  content: string;
  encoding: 'base64' | 'utf-8';
  oid: string;
  size: number;
}

function commit(hub: Uploads, id: string, repo: Repo, revision: string, branch: Branch, text: string): object {
  if (hub.faults.commitsBetween > 0) {
    hub.faults.commitsBetween--;
    branch.commit = newCommit();
  }
  const lines: { key: string; value: Record<string, unknown> & FileLine }[] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const [header, ...files] = lines;
  if (header?.key !== 'header' || !header.value.summary) throw new Refusal(400, 'A commit needs a summary');
  const parent = header.value.parentCommit;
  if (parent !== undefined && parent !== branch.commit) throw new Refusal(412, 'A commit has happened since');
  for (const { key, value } of files) {
    const path = join(branch.folder, value.path);
    if (key === 'deletedFile') {
      rmSync(path);
      continue;
    }
    const isLarge = key === 'lfsFile';
    if (isLarge && !existsSync(objectPath(hub, value.oid))) throw new Refusal(400, `${value.path}: no such object`);
    mkdirSync(dirname(path), { recursive: true });
    const content = () => Buffer.from(value.content, value.encoding === 'base64' ? 'base64' : 'utf8');
    writeFileSync(path, isLarge ? readFileSync(objectPath(hub, value.oid)) : content());
    branch.large.delete(value.path);
    if (isLarge) branch.large.add(value.path);
  }
  branch.commit = newCommit();
  const { summary, description = '' } = header.value;
  repo.commits.push({
    branch: revision,
    summary: String(summary),
    description: String(description),
    paths: files.map(({ value }) => value.path),
  });
  const commitUrl = `${hub.hubOrigin}/${id}/commit/${branch.commit}`;
  return { success: true, commitOid: branch.commit, commitUrl, hookOutput: '' };
}

/** A PUT to the store: a whole object, or part of one. `path`: upload/<oid>/<size>/<part, 0 for the whole>. */
export async function storeUpload(
  hub: Uploads,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, oid = '', size = '', part = ''] = /^upload\/([0-9a-f]{64})\/(\d+)\/(\d+)$/.exec(path) ?? [];
  const problem = (status: number, message: string) =>
    void response.writeHead(status).end(`<Error><Message>${message}</Message></Error>`);
  if (oid === '' || request.headers.authorization !== undefined) return problem(403, 'Request has expired');
  // Stores know how much will come, or take nothing.
  if (request.headers['transfer-encoding'] !== undefined) return problem(501, 'Transfer-Encoding is not implemented');
  const fault = hub.faults.answers.findIndex(({ to }) => to.test(`PUT /${path}`));
  if (fault >= 0) {
    const [{ status, message } = { status: 500, message: '' }] = hub.faults.answers.splice(fault, 1);
    await bodyOf(request);
    return problem(status, message ?? 'asked for by the test');
  }
  const breakAfter = hub.faults.breakUploadAfterBytes.shift();
  if (breakAfter !== undefined) return breakAt(request, breakAfter);
  const bytes = await bodyOf(request);
  const etag = etagOf(bytes);
  if (part === '0') {
    if (bytes.length !== Number(size) || hashOf(bytes) !== oid) return problem(400, 'The content does not match');
    keepObject(hub, oid, bytes);
  } else {
    const parts = hub.parts.get(oid) ?? [];
    parts[Number(part) - 1] = { bytes, etag };
    hub.parts.set(oid, parts);
  }
  response.setHeader('ETag', etag);
  response.writeHead(200).end();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function breakAt(request: IncomingMessage, sizeBytes: number): void {
  let seenBytes = 0;
  request.on('data', (chunk: Buffer) => {
    seenBytes += chunk.length;
    if (seenBytes > sizeBytes) request.socket.destroy();
  });
}
