import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HubServer, startHub } from '../../e2e/hub/server.ts';
import { HubError } from './hubError.ts';
import { type PushProgress, type PushRun, pushFiles } from './push.ts';
import { gitBlobId, type PushFile, partsOf, sha256Of } from './pushContent.ts';
import { parsePushId } from './pushRepo.ts';

const PART_BYTES = 100_000;
const weights = randomBytes(250_001);
let folder: string;
let hub: HubServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankwise-push-'));
  hub = await startHub({
    repos: {},
    accounts: { hf_write: { name: 'ada', canWrite: true }, hf_read: { name: 'ada', canWrite: false } },
    pushedTo: folder,
    partBytes: PART_BYTES,
  });
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

/** In pieces, as what is made while it is read. */
function file(name: string, content: Uint8Array | string, pieceBytes = 30_000): PushFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    name,
    sizeBytes: bytes.length,
    async *bytes() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
}

const adapter = () => [
  file('adapter_config.json', '{"peft_type": "LORA"}'),
  file('adapter_model.safetensors', weights.subarray(0, 60_000)),
  file('README.md', '# Müll\n'),
];

function push(
  files: PushFile[],
  more: Partial<PushRun> & { revision?: string; isPrivate?: boolean; repo?: string } = {},
) {
  const { revision, isPrivate, repo = 'ada/tiny', ...run } = more;
  return pushFiles(
    {
      repo,
      files,
      message: 'An adapter\n\nTrained today.',
      ...(revision ? { revision } : {}),
      ...(isPrivate ? { isPrivate } : {}),
    },
    { endpoint: hub.endpoint, token: 'hf_write', retryDelayMs: 1, ...run },
  );
}

const problemOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof HubError ? `${error.problem}: ${error.message}` : `not a HubError: ${error}`),
  );

/** What the repository holds at a branch. */
function pushed(name: string, branch = 'main', repo = 'ada/tiny'): Buffer {
  const at = hub.repo(repo)?.branches.get(branch) ?? expect.fail('no such branch');
  return readFileSync(join(at.folder, name));
}

const puts = () => hub.requests.filter(({ method, origin }) => method === 'PUT' && origin === 'store');

test('a new repository gets every file in one commit, large ones by way of the store', async () => {
  const progress: PushProgress[] = [];
  const result = await push(adapter(), { isPrivate: true, onProgress: (step) => progress.push(step) });
  expect(result).toMatchObject({ url: `${hub.endpoint}/ada/tiny`, isNew: true, pushedFiles: 3, keptFiles: 0 });
  expect(result.commitUrl).toMatch(/\/ada\/tiny\/commit\/[0-9a-f]{40}$/);
  expect(pushed('adapter_model.safetensors').equals(weights.subarray(0, 60_000))).toBe(true);
  expect(pushed('README.md').toString()).toBe('# Müll\n');
  expect(hub.repo('ada/tiny')).toMatchObject({
    isPrivate: true,
    commits: [
      {
        branch: 'main',
        summary: 'An adapter',
        description: 'Trained today.',
        paths: ['adapter_config.json', 'adapter_model.safetensors', 'README.md'],
      },
    ],
  });
  expect(puts().length).toBe(1);
  expect(puts()[0]?.authorization).toBeUndefined();
  const totalBytes = adapter().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(progress.every((step) => step.totalBytes === totalBytes && step.doneBytes <= totalBytes)).toBe(true);
  expect([...new Set(progress.map(({ phase }) => phase))]).toEqual(['reading', 'uploading', 'committing']);
  const sent = progress.filter(({ phase }) => phase === 'uploading').map(({ doneBytes }) => doneBytes);
  expect(sent.length).toBeGreaterThan(2);
  expect(sent).toEqual([...sent].sort((a, b) => a - b));
});

test('a file above the part size goes in parts, and comes out the same', async () => {
  await push([file('model.safetensors', weights, 77_777)]);
  expect(puts().map(({ path }) => path.split('?')[0]?.split('/').at(-1))).toEqual(['1', '2', '3']);
  expect(pushed('model.safetensors').equals(weights)).toBe(true);
});

test('files in a Blob are sliced, not gathered', async () => {
  const blob = new Blob([weights]);
  const never = () => expect.fail('was gathered');
  const onDisk = { ...file('model.safetensors', weights), blob: async () => blob };
  await push([onDisk]);
  expect(pushed('model.safetensors').equals(weights)).toBe(true);
  const parts: number[] = [];
  for await (const part of partsOf({ ...onDisk, bytes: never }, 200_000)) parts.push(part.size);
  expect(parts).toEqual([200_000, 50_001]);
});

test('what is there with the same content is left out; nothing new, no commit', async () => {
  await push(adapter());
  const again = await push(adapter());
  expect(again).toMatchObject({ isNew: false, commitUrl: undefined, pushedFiles: 0, keptFiles: 3 });
  const changed = await push([...adapter().slice(0, 2), file('README.md', '# Better\n')]);
  expect(changed).toMatchObject({ pushedFiles: 1, keptFiles: 2, pushedBytes: 9 });
  expect(hub.repo('ada/tiny')?.commits.map(({ paths }) => paths)).toEqual([
    ['adapter_config.json', 'adapter_model.safetensors', 'README.md'],
    ['README.md'],
  ]);
  // The store has this object already, from another file: it is named in the commit, and not sent.
  const before = puts().length;
  await push([file('copy.safetensors', weights.subarray(0, 60_000))]);
  expect(puts().length).toBe(before);
  expect(pushed('copy.safetensors').length).toBe(60_000);
});

test('an empty file, a file in a folder, a binary one, and a name that needs escaping', async () => {
  await push([file('empty.safetensors', ''), file('onnx/größe #1.bin', new Uint8Array([0, 1, 2, 255]))]);
  expect(pushed('empty.safetensors').length).toBe(0);
  expect([...pushed('onnx/größe #1.bin')]).toEqual([0, 1, 2, 255]);
  expect(puts().length).toBe(1);
});

test('a branch is made where there is none', async () => {
  await push(adapter());
  await push([file('README.md', '# v2\n')], { revision: 'v/2' });
  expect(pushed('README.md', 'v/2').toString()).toBe('# v2\n');
  expect(pushed('README.md').toString()).toBe('# Müll\n');
  expect(pushed('adapter_config.json', 'v/2').toString()).toContain('LORA');
});

test('a connection that breaks while an object goes up is tried again', async () => {
  hub.faults.breakUploadAfterBytes = [20_000, 0];
  await push([file('model.safetensors', weights)]);
  expect(pushed('model.safetensors').equals(weights)).toBe(true);
  expect(puts().length).toBe(5);
});

test('it gives up when nothing gets through; what went up is kept for the next try', async () => {
  hub.faults.breakUploadAfterBytes = [0, 0, 0];
  const files = () => [
    file('a.safetensors', weights.subarray(0, 90_000)),
    file('b.safetensors', weights.subarray(1, 90_000)),
  ];
  expect(await problemOf(push(files(), { maxAttempts: 3 }))).toMatch(
    /^offline: a\.safetensors to ada\/tiny: the connection to 127\.0\.0\.1:\d+ broke\. What was uploaded is kept there/,
  );
  expect(hub.repo('ada/tiny')?.commits).toEqual([]);
  hub.faults.answers = [{ to: /commit/, status: 400, message: 'Invalid YAML' }];
  expect(await problemOf(push(files()))).toBe(
    'refused: ada/tiny: the Hub refused (400; it says: Invalid YAML). Nothing was committed.',
  );
  const before = puts().length;
  await push(files());
  expect(puts().length).toBe(before);
  expect(pushed('b.safetensors').length).toBe(89_999);
});

test('a link that ran out is asked for anew', async () => {
  hub.faults.answers = [{ to: /^PUT /, status: 403, message: 'Request has expired' }];
  await push(adapter());
  expect(pushed('adapter_model.safetensors').length).toBe(60_000);
  // Parts that a request whose answer was lost has put together are no longer known.
  hub.faults.answers = [{ to: /complete_multipart/, status: 404 }];
  await push([file('model.safetensors', weights)]);
  expect(pushed('model.safetensors').equals(weights)).toBe(true);
  hub.faults.answers = Array.from({ length: 2 }, () => ({ to: /^PUT /, status: 403, message: 'Request has expired' }));
  expect(await problemOf(push([file('b.safetensors', weights.subarray(7, 99))]))).toBe(
    "refused: b.safetensors to ada/tiny: the Hub's object store did not take it (403; it says: Request has expired). Try again.",
  );
});

test('waits as long as it is asked to, and tries 5xx again, wherever they come', async () => {
  hub.faults.answers = [
    { to: /create$/, status: 429, retryAfter: '1' },
    { to: /preupload/, status: 503 },
    { to: /batch$/, status: 500 },
    { to: /^PUT/, status: 503 },
    { to: /verify$/, status: 502 },
    { to: /commit/, status: 504 },
  ];
  const start = performance.now();
  await push(adapter());
  expect(performance.now() - start).toBeGreaterThan(990);
  expect(hub.faults.answers).toEqual([]);
  expect(hub.repo('ada/tiny')?.commits.length).toBe(1);
});

test('a commit of somebody else in between: what is there is looked at again', async () => {
  await push(adapter());
  hub.faults.commitsBetween = 2;
  expect(await push([file('README.md', '# Mine\n')])).toMatchObject({ pushedFiles: 1 });
  expect(pushed('README.md').toString()).toBe('# Mine\n');
  hub.faults.commitsBetween = 9;
  expect(await problemOf(push([file('README.md', '# Mine again\n')]))).toBe(
    'conflict: ada/tiny: another commit came in between (412; it says: A commit has happened since). Nothing of yours was committed; what was uploaded is kept. Try again.',
  );
});

test('a commit whose answer was lost is found as done', async () => {
  hub.faults.lostCommitAnswers = 1;
  const result = await push(adapter());
  expect(result).toMatchObject({ pushedFiles: 3, keptFiles: 0, commitUrl: `${hub.endpoint}/ada/tiny` });
  expect(hub.repo('ada/tiny')?.commits.length).toBe(1);
});

test('a page that may not ask whether an object arrived goes on to the commit, which knows', async () => {
  hub.faults.answers = [
    { to: /verify$/, status: 0 },
    { to: /verify$/, status: 0 },
  ];
  expect(await push(adapter())).toMatchObject({ pushedFiles: 3 });
  hub.faults.answers = [{ to: /verify$/, status: 422, message: 'size differs' }];
  expect(await problemOf(push([file('b.safetensors', weights.subarray(5, 99))]))).toContain('size differs');
});

test('each refusal says what to do', async () => {
  expect(await problemOf(push(adapter(), { token: 'hf_gone' }))).toBe(
    `badToken: ada/tiny: the Hub does not know this token (401; it says: Invalid credentials in Authorization header). It may be mistyped or expired: make one that may write at ${hub.endpoint}/settings/tokens.`,
  );
  expect(await problemOf(push(adapter(), { token: 'hf_read' }))).toContain(
    'noWriteRight: ada/tiny: this token may not write to ada/tiny (403; it says: Forbidden: your token has the role "read"). Use a token with the role “write”',
  );
  expect(await problemOf(push(adapter(), { repo: 'bob/his' }))).toContain('noWriteRight: bob/his: ');
  const full = 'Private repository storage limit reached, please upgrade your plan';
  for (const answer of [
    { to: /batch$/, status: 403, message: full },
    { to: /create$/, status: 402, message: full },
    { to: /commit/, status: 413 },
  ]) {
    hub.faults.answers = [answer];
    expect(await problemOf(push(adapter(), { repo: `ada/full-${answer.status}` }))).toMatch(
      /^noRoom: .*the Hub has no room left for this \(\d{3}.*Free some/,
    );
  }
  hub.faults.answers = Array.from({ length: 3 }, () => ({ to: /preupload/, status: 429, retryAfter: '0' }));
  expect(await problemOf(push(adapter(), { maxAttempts: 3 }))).toContain(
    'rateLimited: ada/tiny: the Hub asks for fewer requests (429; it says: asked for by the test). What was uploaded is kept',
  );
});

test('a public repository is not pushed to where a private one was asked for', async () => {
  await push(adapter());
  const before = hub.repo('ada/tiny')?.commits.length;
  expect(await problemOf(push([file('secret.txt', 'x')], { isPrivate: true }))).toContain(
    'refused: ada/tiny: this repository is public, and you asked for a private one. Nothing was pushed',
  );
  expect(hub.repo('ada/tiny')?.commits.length).toBe(before);
});

test('cancelling stops at once, while it reads, while it waits and while it sends', async () => {
  for (const phase of ['reading', 'uploading'] as const) {
    const controller = new AbortController();
    const cancelled = push(adapter(), {
      repo: `ada/${phase}`,
      signal: controller.signal,
      onProgress: (step) => step.phase === phase && controller.abort(new Error('cancelled')),
    });
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(hub.repo(`ada/${phase}`)?.commits).toEqual([]);
  }
  hub.faults.answers = [{ to: /preupload/, status: 429, retryAfter: '60' }];
  await expect(push(adapter(), { signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout');
});

test('the token goes to the endpoint only, and is in no error', async () => {
  await push([file('model.safetensors', weights)]);
  expect(
    hub.requests.filter(({ origin }) => origin === 'hub').every((r) => r.authorization === 'Bearer hf_write'),
  ).toBe(true);
  expect(puts().every((request) => request.authorization === undefined)).toBe(true);
  expect(await problemOf(push(adapter(), { token: 'hf_secret' }))).not.toContain('hf_secret');
});

test('an entry that is not as long as it says is an error before anything goes up', async () => {
  const short = { ...file('model.safetensors', weights), sizeBytes: weights.length + 1 };
  await expect(push([short])).rejects.toThrow('push: model.safetensors: expected 250002 bytes, got 250001');
  expect(puts()).toEqual([]);
});

test('contents are named as the Hub names them', async () => {
  const hash = await sha256Of(file('x', weights, 1), () => {}, undefined);
  expect(hash).toBe(createHash('sha256').update(weights).digest('hex'));
  // `printf 'what is up, doc?' | git hash-object --stdin`, as in Pro Git.
  expect(await gitBlobId(new TextEncoder().encode('what is up, doc?'))).toBe(
    'bd9dbf5aae1a3862dd1526723246b20206e5fc37',
  );
  expect(parsePushId(' ada/tiny ')).toBe('ada/tiny');
  expect(() => parsePushId('tiny')).toThrow('expected owner/name');
});
