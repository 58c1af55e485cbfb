// A model from the local Hub into a real browser's storage, and a file from there to the Hub: CORS, the other origin,
// broken connections.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSafetensors } from '../../src/formats/safetensors.ts';
import { type BrowserWorker, openBrowserWorker } from './browserWorker.ts';
import { type HubServer, startHub } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'rankwise-hub-'));
const pushedFolder = mkdtempSync(join(tmpdir(), 'rankwise-pushed-'));
let hub: HubServer;
let worker: BrowserWorker;
let sizeBytes = 0;

beforeAll(async () => {
  const chunks: Uint8Array[] = [];
  const bytes = async () => new Uint8Array(1_000_000).fill(3);
  sizeBytes = await writeSafetensors(
    [{ name: 'w', dtype: 'U8', shape: [1000, 1000], bytes }],
    async (chunk) => void chunks.push(chunk),
  );
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat(chunks));
  hub = await startHub({
    repos: { 'a/open': folder, 'a/gated': folder },
    gated: { 'a/gated': 'hf_secret' },
    accounts: { hf_write: { name: 'a', canWrite: true } },
    pushedTo: pushedFolder,
    partBytes: 2_000_000,
  });
  worker = await openBrowserWorker(new URL('./downloadWorker.ts', import.meta.url));
});
afterAll(async () => {
  await worker?.close();
  rmSync(pushedFolder, { recursive: true });
  await hub?.close();
  rmSync(folder, { recursive: true });
});

const sums = [['w', 3_000_000]];

test('a download that broke off goes on in a later visit, and the file opens from OPFS', async () => {
  hub.faults.breakAfterBytes = [400_000];
  const request = { endpoint: hub.endpoint, repo: 'a/open', maxAttempts: 1 };
  const broken = await worker.ask(request);
  expect(broken).toEqual({ heldBytes: 0, storedBytes: expect.any(Number), problem: 'offline' });
  await worker.page.reload();
  const resumed = await worker.ask(request);
  const { origin, range } = hub.requests.at(-1) ?? expect.fail();
  expect([origin, range]).toEqual(['store', expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
  expect(resumed).toEqual({ heldBytes: Number(range?.slice(6, -1)), storedBytes: sizeBytes, sums });
});

test('a gated model opens with its token, which stays with the endpoint', async () => {
  const request = { endpoint: hub.endpoint, repo: 'a/gated', maxAttempts: 1 };
  expect(await worker.ask(request)).toMatchObject({ problem: 'gated' });
  expect(await worker.ask({ ...request, token: 'hf_secret' })).toMatchObject({ storedBytes: sizeBytes, sums });
  expect(hub.requests.filter(({ authorization }) => authorization).every(({ origin }) => origin === 'hub')).toBe(true);
  expect(hub.requests.at(-1)).toMatchObject({ origin: 'store', method: 'GET', authorization: undefined });
});

test('a file goes up whole and in parts, its bytes told as they go, again where the connection broke', async () => {
  const pusher = await openBrowserWorker(new URL('./pushWorker.ts', import.meta.url));
  try {
    hub.faults.breakUploadAfterBytes = [300_000];
    const sizes = [1_500_000, 4_500_000];
    const told = await pusher.ask({ endpoint: hub.endpoint, repo: 'a/pushed', token: 'hf_write', sizes });
    expect(told).toMatchObject({ pushedFiles: 2, isForwards: true });
    expect(told).toMatchObject({ steps: expect.any(Number), lastBytes: 6_000_000 });
    const branch = hub.repo('a/pushed')?.branches.get('main') ?? expect.fail('nothing was pushed');
    for (const size of sizes) {
      const bytes = readFileSync(join(branch.folder, `${size}.safetensors`));
      expect([bytes.length, bytes.every((byte) => byte === 3)]).toEqual([size, true]);
    }
    const puts = hub.requests.filter(({ method }) => method === 'PUT');
    // One broken and one whole; three parts.
    expect(puts.length).toBe(5);
    expect(puts.every(({ authorization }) => authorization === undefined)).toBe(true);
  } finally {
    await pusher.close();
  }
});
