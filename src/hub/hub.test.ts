import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HubServer, startHub } from '../../e2e/hub/server.ts';
import { type DownloadOptions, type DownloadSink, download } from './download.ts';
import { type HubFile, type HubRepo, listFiles, parseRepoId, resolveUrl } from './hub.ts';
import { HubError } from './hubError.ts';
import { retryAfterMs } from './hubRequest.ts';
import { rangedFile } from './rangedFile.ts';

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);
let folder: string;
let hub: HubServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankwise-hub-'));
  mkdirSync(join(folder, 'sub dir'));
  writeFileSync(join(folder, 'config.json'), '{"model_type": "llama"}');
  writeFileSync(join(folder, 'model.safetensors'), weights);
  writeFileSync(join(folder, 'sub dir', 'ü#?.txt'), 'odd');
  hub = await startHub({
    repos: { 'someone/tiny': folder, 'someone/gated': folder },
    gated: { 'someone/gated': 'hf_secret' },
  });
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

class MemorySink implements DownloadSink {
  bytes: number[] = [];
  get sizeBytes() {
    return this.bytes.length;
  }
  async write(chunk: Uint8Array) {
    for (const byte of chunk) this.bytes.push(byte);
  }
  async truncate(sizeBytes: number) {
    this.bytes.length = sizeBytes;
  }
}

const options = (more: DownloadOptions = {}): DownloadOptions => ({ endpoint: hub.endpoint, retryDelayMs: 1, ...more });
const fileOf = (repo: HubRepo, name: string): HubFile =>
  repo.files.find((file) => file.name === name) ?? expect.fail(name);

async function fetchWeights(sink: DownloadSink, more: DownloadOptions = {}) {
  const repo = await listFiles('someone/tiny', 'main', options());
  return download(repo, fileOf(repo, 'model.safetensors'), sink, options(more));
}

function expectWeights(sink: MemorySink) {
  expect(Buffer.compare(Buffer.from(sink.bytes), weights)).toBe(0);
}

const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof HubError ? `${error.problem}: ${error.message}` : `not a HubError: ${error}`),
  );

test('lists a repository with its commit, sizes and contents', async () => {
  const repo = await listFiles('someone/tiny', 'main', options());
  expect(repo).toMatchObject({ id: 'someone/tiny', endpoint: hub.endpoint, isGated: false });
  expect(repo.files.map((file) => [file.name, file.sizeBytes, file.contentId.length])).toEqual([
    ['config.json', 23, 40],
    ['model.safetensors', 300_000, 64],
    ['sub dir/ü#?.txt', 3, 40],
  ]);
});

test('fetches small files from the Hub and large ones by its redirect, at the pinned commit', async () => {
  const repo = await listFiles('someone/tiny', 'main', options());
  for (const file of repo.files) {
    const sink = new MemorySink();
    const progress: number[] = [];
    await download(repo, file, sink, options({ onProgress: (received) => progress.push(received) }));
    expect(sink.sizeBytes).toBe(file.sizeBytes);
    expect(progress.at(-1)).toBe(file.sizeBytes);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    if (file.name === 'model.safetensors') expectWeights(sink);
  }
  const files = hub.requests.filter((request) => request.path.includes('/resolve/'));
  expect(files.length).toBe(3);
  expect(files.every((request) => request.path.includes(`/resolve/${repo.commit}/`))).toBe(true);
  expect(hub.requests.filter((request) => request.origin === 'store').length).toBe(1);
});

test('goes on behind the bytes already there, and asks for nothing when all are', async () => {
  const sink = new MemorySink();
  await sink.write(weights.subarray(0, 123_456));
  await fetchWeights(sink);
  expectWeights(sink);
  expect(hub.requests.map((request) => request.range).filter(Boolean)).toEqual(['bytes=123456-', 'bytes=123456-']);
  const before = hub.requests.length;
  await fetchWeights(sink);
  expect(hub.requests.length).toBe(before + 1);
});

test('a connection that breaks is taken up where it broke, as often as it gets further', async () => {
  hub.faults.breakAfterBytes = [50_000, 1, 20_000, 20_000, 20_000, 20_000, 20_000];
  const sink = new MemorySink();
  await fetchWeights(sink, { maxAttempts: 2 });
  expectWeights(sink);
  expect(hub.requests.filter((request) => request.origin === 'store').length).toBe(8);
});

test('gives up when nothing comes, and keeps what came', async () => {
  hub.faults.breakAfterBytes = [65_536, 0, 0, 0, 0];
  const sink = new MemorySink();
  expect(await problemOf(fetchWeights(sink, { maxAttempts: 3 }))).toContain(
    'offline: model.safetensors of someone/tiny: ',
  );
  expect(Buffer.compare(Buffer.from(sink.bytes), weights.subarray(0, 65_536))).toBe(0);
});

test('starts over when the server serves no ranges, or the content changed between two requests', async () => {
  const sink = new MemorySink();
  await sink.write(new Uint8Array(1000).fill(1));
  hub.faults.ignoresRange = true;
  await fetchWeights(sink);
  expectWeights(sink);

  hub.faults.ignoresRange = false;
  hub.faults.breakAfterBytes = [50_000];
  const other = new MemorySink();
  const onProgress = (received: number) => {
    if (received < 50_000) return;
    hub.faults.etagSuffix = 'x';
  };
  await fetchWeights(other, { onProgress });
  expectWeights(other);
  expect(hub.requests.filter((r) => r.origin === 'store').map((r) => r.range)).toEqual([
    'bytes=1000-',
    undefined,
    'bytes=50000-',
    undefined,
  ]);
});

test('a file that is not as long as the listing says is refused', async () => {
  const repo = await listFiles('someone/tiny', 'main', options());
  const file = fileOf(repo, 'model.safetensors');
  for (const [sizeBytes, message] of [
    [299_999, 'got more'],
    [300_001, 'the connection broke, got 300000 of 300001'],
  ] as const) {
    const sink = new MemorySink();
    expect(await problemOf(download(repo, { ...file, sizeBytes }, sink, options({ maxAttempts: 1 })))).toContain(
      message,
    );
  }
  const sink = new MemorySink();
  await sink.write(weights.subarray(0, 10));
  expect(await problemOf(download(repo, { ...file, sizeBytes: 300_001 }, sink, options()))).toContain(
    'expected bytes from 10',
  );
});

test('waits as long as the server asks, and tries 5xx again', async () => {
  hub.faults.statuses = [{ status: 503 }, { status: 429, retryAfter: '1' }];
  const start = performance.now();
  await listFiles('someone/tiny', 'main', options());
  expect(performance.now() - start).toBeGreaterThan(990);
  expect(hub.requests.length).toBe(3);
});

test.each([
  [429, 'rateLimited: someone/tiny: the Hub asks for fewer requests'],
  [500, 'serverFailed: someone/tiny: the Hub answered 500'],
  [400, 'serverFailed: someone/tiny: the Hub answered 400'],
  [404, 'notFound: someone/tiny: not on the Hub'],
  [403, 'tokenNeeded: someone/tiny: no such repository, or it is private (403)'],
])('a listing refused with %i says so', async (status, message) => {
  hub.faults.statuses = Array.from({ length: 5 }, () => ({ status, retryAfter: '0' }));
  expect(await problemOf(listFiles('someone/tiny', 'main', options()))).toContain(message);
  expect(hub.requests.length).toBe(status === 429 || status === 500 ? 5 : 1);
});

test('a name, a revision or a file that is not there says which', async () => {
  expect(await problemOf(listFiles('someone/none', 'main', options()))).toContain(
    'tokenNeeded: someone/none: no such repository, or it is private (401); check the spelling; a private one needs a token',
  );
  expect(await problemOf(listFiles('someone/tiny', 'v9', options()))).toContain(
    'notFound: someone/tiny at v9: not on the Hub (404); the repository has no such revision',
  );
  hub.faults.answers = [{ to: /^GET \/api\/models/, status: 200, message: '<html>Please log in' }];
  expect(await problemOf(listFiles('someone/tiny', 'main', options()))).toMatch(
    /^serverFailed: someone\/tiny: .* gives no listing but a page; is this address a Hub, or/,
  );
  const repo = await listFiles('someone/tiny', 'main', options());
  const file = { name: 'gone.json', sizeBytes: 1, contentId: '' };
  expect(await problemOf(download(repo, file, new MemorySink(), options()))).toContain(
    'notFound: gone.json of someone/tiny',
  );
});

test('a gated repository says what to accept and where; the token opens it and reaches the endpoint only', async () => {
  const repo = await listFiles('someone/gated', 'main', options());
  expect(repo.isGated).toBe(true);
  const file = fileOf(repo, 'model.safetensors');
  const fetch = (token?: string) => download(repo, file, new MemorySink(), options({ token }));
  const terms = `accept the terms at ${hub.endpoint}/someone/gated`;
  expect(await problemOf(fetch())).toContain(`its owner asks for consent first (401); ${terms} and enter a token`);
  expect(await problemOf(fetch('wrong'))).toContain(`(403); ${terms} with the account this token belongs to`);
  const sink = new MemorySink();
  await download(repo, file, sink, options({ token: 'hf_secret' }));
  expectWeights(sink);
  const seen = hub.requests.slice(-2).map(({ origin, authorization }) => [origin, authorization]);
  expect(seen).toEqual([
    ['hub', 'Bearer hf_secret'],
    ['store', undefined],
  ]);
});

test('parts of a file are read where they are wanted, again where the connection broke', async () => {
  const repo = await listFiles('someone/tiny', 'main', options());
  const file = rangedFile(repo, fileOf(repo, 'model.safetensors'), options());
  hub.faults.breakAfterBytes = [10, 0];
  expect(await file.read(1000, 50_000)).toEqual(weights.slice(1000, 51_000));
  hub.faults.statuses = [{ status: 503 }];
  expect(await file.read(299_999, 1)).toEqual(weights.slice(-1));
  expect((await file.read(5, 0)).length).toBe(0);
  await expect(file.read(299_999, 2)).rejects.toThrow('model.safetensors: expected bytes 299999 to 300001');
  hub.faults.breakAfterBytes = [10, 10];
  const impatient = rangedFile(repo, fileOf(repo, 'model.safetensors'), options({ maxAttempts: 2 }));
  expect(await problemOf(impatient.read(0, 100))).toContain('offline: model.safetensors of someone/tiny: ');
  hub.faults.ignoresRange = true;
  expect(await problemOf(file.read(0, 100))).toMatch(/^serverFailed: .* sends no parts of files; take another server/);
});

test('cancelling stops at once and keeps what came; so does a sink that is full', async () => {
  const sink = new MemorySink();
  const controller = new AbortController();
  const cancelled = fetchWeights(sink, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('cancelled')),
  });
  await expect(cancelled).rejects.toThrow('cancelled');
  expect(sink.sizeBytes).toBeGreaterThan(0);
  expect(sink.sizeBytes).toBeLessThan(300_000);
  const full: DownloadSink = { sizeBytes: 0, write: () => Promise.reject(new Error('full')), truncate: async () => {} };
  await expect(fetchWeights(full)).rejects.toThrow('full');
});

test('cancelling ends a pause between two tries', async () => {
  hub.faults.statuses = [{ status: 429, retryAfter: '60' }];
  const signal = AbortSignal.timeout(50);
  const start = performance.now();
  await expect(listFiles('someone/tiny', 'main', options({ signal }))).rejects.toThrow('timeout');
  expect(performance.now() - start).toBeLessThan(5000);
});

test('an endpoint that cannot be reached says so', async () => {
  const { endpoint } = hub;
  await hub.close();
  expect(await problemOf(listFiles('someone/tiny', 'main', options({ maxAttempts: 2 })))).toBe(
    `offline: someone/tiny: ${new URL(endpoint).host} cannot be reached; check the connection, or whether a blocker ` +
      'stands in the way; what is downloaded is kept',
  );
  hub = await startHub({ repos: {} });
});

test('the pause that a server asks for, in its own words', () => {
  const asked = (headers: Record<string, string>) => retryAfterMs(new Headers(headers));
  expect(asked({})).toBeUndefined();
  expect(asked({ 'Retry-After': '7' })).toBe(7000);
  expect(asked({ 'Retry-After': '9999' })).toBe(120_000);
  expect(asked({ 'Retry-After': new Date(Date.now() + 5000).toUTCString() })).toBeGreaterThan(3000);
  expect(asked({ RateLimit: '"api";r=0;t=55' })).toBe(55_000);
  expect(asked({ RateLimit: '"api";r=12;t=55' })).toBeUndefined();
});

test('repository ids, as people type and paste them', async () => {
  expect(parseRepoId(' openai-community/gpt2 ')).toBe('openai-community/gpt2');
  expect(parseRepoId('https://huggingface.co/Qwen/Qwen3-0.6B/tree/main')).toBe('Qwen/Qwen3-0.6B');
  expect(parseRepoId('https://huggingface.co/Qwen/Qwen3-0.6B/?library=peft')).toBe('Qwen/Qwen3-0.6B');
  expect(parseRepoId('gpt2')).toBe('gpt2');
  for (const text of ['', 'a/b/c', '../x', 'a/..', 'a b', '?b', '..']) {
    expect(() => parseRepoId(text)).toThrow('expected a Hub id such as');
  }
  expect(resolveUrl('a/b', 'refs/pr/1', 'x y/ü?.txt')).toBe(
    'https://huggingface.co/a/b/resolve/refs%2Fpr%2F1/x%20y/%C3%BC%3F.txt',
  );
});
