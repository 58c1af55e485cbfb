// What browserStorage.test.ts runs in a real browser, in a worker and in the page itself: the page's own files and IndexedDB. Each check
// returns what it saw, and the test beside it says what that should be.

import { openDB } from 'idb';
import { openCheckpoints } from './checkpoints.ts';
import { type Folder, writeFile } from './folder.ts';
import { type CacheKey, openModelCache } from './modelCache.ts';
import { openOpfs } from './opfsFolder.ts';
import { type MetricRow, openRunLibrary, type StoredAnswers } from './runLibrary.ts';
import { estimateStorage, StorageError } from './storageError.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

async function contentOf(folder: Folder, name: string): Promise<number[] | undefined> {
  const file = await folder.open(name);
  return file === undefined ? undefined : [...(await file.read(0, file.sizeBytes))];
}

async function files() {
  const folder = await (await openOpfs()).folder('files');
  await folder.folder('inner');
  await writeFile(folder, 'a', bytes(1, 2, 3));
  await writeFile(folder, 'a', bytes(4, 5));
  const appender = await folder.append('a');
  await appender.write(bytes(6));
  const locked = await folder.append('a').then(
    (second) => second.close().then(() => 'two writers'),
    (error: unknown) => (error instanceof StorageError ? error.problem : String(error)),
  );
  const unclosed = await contentOf(folder, 'a');
  await appender.truncate(1);
  await appender.write(bytes(7));
  await appender.close();
  const names = await folder.names();
  const content = await contentOf(folder, 'a');
  await folder.remove('a');
  await folder.remove('inner');
  await folder.remove('never there');
  return { names, content, locked, unclosed, after: [await folder.names(), await folder.open('a')] };
}

async function cache() {
  const models = openModelCache(await (await openOpfs()).folder('models'));
  const key: CacheKey = { source: 'hub/x', revision: 'main', file: 'model.safetensors', etag: 'e' };
  for (const part of [bytes(1, 2), bytes(3)]) {
    const appender = await models.append(key, 3);
    await appender.write(part);
    await appender.close();
  }
  const whole = await models.open(key);
  const content = [...((await whole?.read(0, 3)) ?? [])];
  return { content, list: await models.list(), freed: await models.removeSource('hub/x'), left: await models.list() };
}

async function states() {
  const folder = await (await openOpfs()).folder('run-1');
  const checkpoints = openCheckpoints(folder);
  for (const step of [1, 2, 3]) {
    await checkpoints.save(step, 4, new Blob([bytes(step, step, step, step)]).stream());
  }
  const cut = await folder.append('3.ckpt');
  await cut.truncate(cut.sizeBytes - 1);
  await cut.close();
  const latest = await checkpoints.latest();
  return {
    step: latest?.step,
    state: [...((await latest?.state.read(0, 4)) ?? [])],
    names: (await folder.names()).sort(),
  };
}

const row = (step: number, loss: number): MetricRow => ({
  step,
  loss,
  learningRate: 0.1,
  gradientNorm: 1,
  tokens: 10,
  targetTokens: 5,
  elapsedMs: step * 100,
});

function answered(ownerId: string, dataKey: string, answer: string): StoredAnswers {
  const questions = [{ line: 1, prompt: 'Q', references: ['R'], rows: 1 }];
  const losses = [{ loss: 1, tokens: 2, hits: 1 }];
  return { ownerId, dataKey, dataName: 'rows', evaluatedAt: 1, questions, losses, answers: [answer] };
}

async function library() {
  const open = () =>
    openRunLibrary<{ id: string; name: string; createdAt: number; settings: { rank: number } }>('test');
  const first = await open();
  for (const [id, createdAt] of [
    ['a', 1],
    ['b', 3],
    ['c', 2],
  ] as const) {
    await first.put({ id, name: `run ${id}`, createdAt, settings: { rank: 8 } });
    await first.appendMetrics(id, [row(1, 3), row(2, 2), row(3, 1)]);
    await first.appendMetrics(id, []);
    await first.appendMetrics(id, [row(4, 0.5), row(5, 0.4)]);
    await first.putAdapter(id, new Blob([bytes(1, 2, 3)]));
    for (const dataKey of ['k1', 'k2']) await first.putAnswers(answered(id, dataKey, 'first'));
    await first.putAnswers(answered(id, 'k1', 'second'));
  }
  await first.rename('b', 'better');
  const noRun = await first.rename('z', 'x').catch(String);
  await first.appendMetrics('a', [row(3, 9)]);
  await first.remove('c');
  first.close();
  const again = await open();
  const seen = {
    names: (await again.list()).map((run) => run.name),
    settings: (await again.get('a'))?.settings,
    noRun,
    resumedCurve: (await again.metrics('a')).map((m) => [m.step, m.loss, m.elapsedMs]),
    curve: (await again.metrics('b')).map((m) => m.loss),
    removed: [
      ...[await again.get('c'), await again.metrics('c'), await again.adapter('c')],
      ...[await again.answers('c', 'k1'), await again.answers('c', 'k2')],
    ],
    answers: [(await again.answers('a', 'k1'))?.answers, (await again.answers('b', 'k2'))?.answers],
    adapter: [...new Uint8Array((await (await again.adapter('b'))?.arrayBuffer()) ?? [])],
  };
  again.close();
  return seen;
}

/** A library as the first version of the layout left it. */
async function upgrade() {
  const before = await openDB('old', 1, {
    upgrade(database) {
      database.createObjectStore('runs', { keyPath: 'id' }).createIndex('createdAt', 'createdAt');
      database.createObjectStore('metrics', { keyPath: ['runId', 'firstStep'] });
      database.createObjectStore('adapters');
    },
  });
  await before.put('runs', { id: 'a', name: 'old run', createdAt: 1 });
  await before.put('adapters', new Blob([bytes(7)]), 'a');
  before.close();
  const after = await openRunLibrary('old');
  await after.putAnswers(answered('a', 'k', 'new'));
  const names = (await after.list()).map(({ name }) => name);
  const seen = { names, adapter: (await after.adapter('a'))?.size, answers: (await after.answers('a', 'k'))?.answers };
  after.close();
  return seen;
}

/** Run with a quota of 2 MB. */
async function full() {
  const folder = await (await openOpfs()).folder('full');
  const checkpoints = openCheckpoints(folder);
  await checkpoints.save(1, 1000, [new Uint8Array(1000)]);
  const tooBig = new Uint8Array(8 << 20);
  const refused = await checkpoints
    .save(2, tooBig.length, new Blob([tooBig]).stream())
    .catch((error: unknown) => error);
  const said = refused instanceof StorageError ? `${refused.problem}: ${refused.message}` : String(refused);
  return { said, kept: (await checkpoints.latest())?.step, names: await folder.names() };
}

/** What is told before, while and after there is a file. */
async function estimate() {
  const root = await openOpfs();
  const before = await estimateStorage();
  await writeFile(root, 'a', new Uint8Array(700_000));
  const during = await estimateStorage();
  await root.remove('a');
  const after = await estimateStorage();
  return { ...before, fileBytes: during.usedBytes - before.usedBytes, leftBytes: after.usedBytes - before.usedBytes };
}

export const checks = { files, cache, states, library, upgrade, full, estimate };

self.onmessage = async ({ data }: MessageEvent<keyof typeof checks>) => {
  try {
    self.postMessage({ result: await checks[data]() });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
