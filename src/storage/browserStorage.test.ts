// OPFS and IndexedDB as a real browser has them: the checks run in a worker of Chromium.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserWorker, openBrowserWorker } from '../../e2e/hub/browserWorker.ts';

let worker: BrowserWorker;
beforeAll(async () => {
  worker = await openBrowserWorker(new URL('./testBrowserStorage.ts', import.meta.url));
});
afterAll(() => worker?.close());

const check = (name: string) => worker.ask(name);

test('files grow, are cut, replaced and removed; a second writer is told so; what is written is there before close', async () => {
  expect(await check('files')).toEqual({
    result: { names: ['a'], content: [4, 7], locked: 'busy', unclosed: [4, 5, 6], after: [[], undefined] },
  });
});

test('where there is no synchronous access, as in the page itself, what is written is there at close', async () => {
  const seen = await worker.page.evaluate("import('/worker.js').then(({ checks }) => checks.files())");
  expect(seen).toEqual({
    names: ['a'],
    content: [4, 7],
    locked: 'two writers',
    unclosed: [4, 5],
    after: [[], undefined],
  });
});

test('a download goes on where it stopped', async () => {
  const key = { source: 'hub/x', revision: 'main', file: 'model.safetensors', etag: 'e' };
  expect(await check('cache')).toEqual({
    result: { content: [1, 2, 3], list: [{ ...key, sizeBytes: 3, storedBytes: 3 }], freed: 3, left: [] },
  });
});

test('a checkpoint that was cut off is passed over', async () => {
  expect(await check('states')).toEqual({ result: { step: 2, state: [2, 2, 2, 2], names: ['2.ckpt', '3.ckpt'] } });
});

test('the library keeps runs, curves, adapters and answers, and a resumed run redraws its last steps', async () => {
  expect(await check('library')).toEqual({
    result: {
      names: ['better', 'run a'],
      settings: { rank: 8 },
      noRun: 'RangeError: the library: no run z',
      resumedCurve: [
        [1, 3, 100],
        [2, 2, 200],
        [3, 9, 300],
      ],
      curve: [3, 2, 1, 0.5, 0.4],
      removed: [undefined, [], undefined, undefined, undefined],
      answers: [['second'], ['first']],
      adapter: [1, 2, 3],
    },
  });
});

test('a library of the first layout is taken over', async () => {
  expect(await check('upgrade')).toEqual({ result: { names: ['old run'], adapter: 1, answers: ['new'] } });
});

test('the browser says how much it grants, and files are counted as they are', async () => {
  expect(await check('estimate')).toEqual({
    result: {
      usedBytes: expect.any(Number),
      quotaBytes: expect.any(Number),
      isPersistent: expect.any(Boolean),
      fileBytes: 700_000,
      leftBytes: 0,
    },
  });
});

test('when storage is full it says so, says what to do, and keeps what was there', async () => {
  const { page } = worker;
  const session = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2 << 20 });
  const remedy = "this browser's storage is full. What was stored before is kept. Delete cached models or old runs";
  expect(await check('full')).toEqual({
    result: {
      said: expect.stringContaining(`full: the checkpoint of step 2: 2.ckpt: ${remedy}`),
      kept: 1,
      names: ['1.ckpt'],
    },
  });
  await session.send('Storage.overrideQuotaForOrigin', { origin });
});
