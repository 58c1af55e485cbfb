// Library, Compare and Playground on two short runs of the built-in model on a few rows, trained once: kept across reloads, found,
// renamed, compared, tried, taken away, brought back in a fresh profile, deleted.
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { unzipSync } from 'fflate';
import Papa from 'papaparse';
import { ComparePage } from '../pages/comparePage.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { PlaygroundPage } from '../pages/playgroundPage.ts';
import { townRows } from '../pages/townRows.ts';
import { TrainPage } from '../pages/trainPage.ts';

const STEPS = 10;
const MINUTE_MS = 60_000;

test.describe.configure({ mode: 'serial' });

let context: BrowserContext;
let page: Page;
const SECOND = 'Second of two';

async function trainShortly(rank: number): Promise<void> {
  const train = new TrainPage(page);
  await train.waitUntilReady();
  await train.chooseRank(rank);
  await train.chooseSteps(STEPS);
  await train.train();
  await train.waitUntilFinished(4 * MINUTE_MS);
}

test.beforeAll(async ({ browser }) => {
  test.setTimeout(10 * MINUTE_MS);
  context = await browser.newContext();
  page = await context.newPage();
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.useDataFile(townRows());
  await trainShortly(1);
  await page.getByRole('button', { name: 'New run' }).click();
  await trainShortly(8);
});

test.afterAll(() => context.close());

test('the Library keeps runs across a reload, sorts, searches and renames them', async () => {
  const library = new LibraryPage(page);
  await library.open();
  await page.reload();
  await expect(library.list.getByRole('rowheader')).toHaveCount(2);
  await library.sortBy('Rank');
  expect((await library.names()).map((name) => /r \d+$/.exec(name)?.[0])).toEqual(['r 1', 'r 8']);
  await library.search.fill('r8');
  await expect(library.list.getByRole('rowheader')).toHaveCount(1);
  await library.search.fill('');

  const detail = await library.openRun(/r 8$/);
  await expect(detail.getByText('Finished')).toBeVisible();
  await expect(detail.getByText(`${STEPS} of ${STEPS}`)).toBeVisible();
  await expect(detail.getByRole('img', { name: 'Loss over step' })).toBeVisible();
  await library.rename(/r 8$/, SECOND);
  await page.reload();
  await expect(library.row(SECOND)).toBeVisible();
});

test('Compare sets two runs side by side, with what differs apart, and gives both tables as CSV', async () => {
  const library = new LibraryPage(page);
  await library.open();
  await library.compare(/r 1$/, SECOND);
  const compare = new ComparePage(page);
  await expect(page).toHaveURL(/compare\?runs=/);
  await expect(compare.curves.getByRole('img', { name: 'Loss over step' })).toBeVisible();
  expect((await compare.row('Rank (r)')).slice(1).sort()).toEqual(['1', '8']);
  expect((await compare.row('Steps done')).slice(1)).toEqual([`${STEPS} of ${STEPS}`, `${STEPS} of ${STEPS}`]);
  await expect(compare.table.getByRole('rowheader', { name: 'Learning rate' })).toHaveCount(0);

  const runs = Papa.parse<Record<string, string>>(await compare.csv('Table as CSV'), { header: true }).data;
  expect(
    runs
      .map(({ rank }) => rank)
      .filter(Boolean)
      .sort(),
  ).toEqual(['1', '8']);
  const steps = Papa.parse<Record<string, string>>(await compare.csv('Curves as CSV'), { header: true }).data;
  expect(steps.filter(({ step }) => step)).toHaveLength(2 * STEPS);
  expect(steps.every(({ step, loss }) => !step || Number(loss) > 0)).toBe(true);

  await compare.choose(/r 1$/, false);
  await expect(page.getByText('Settings that differ')).toHaveCount(0);
});

test('the Playground answers with base and adapter; at strength 0 the adapter is the base', async () => {
  const library = new LibraryPage(page);
  await library.open();
  const detail = await library.openRun(SECOND);
  await detail.getByRole('link', { name: 'Try in Playground' }).click();
  const playground = new PlaygroundPage(page);
  await playground.prompt.waitFor({ timeout: MINUTE_MS });
  await expect(playground.columns()).toHaveCount(2);
  await playground.tryExample();
  await expect(playground.rightAnswer).toBeVisible();
  await expect(playground.rightAnswer.getByRole('table').first()).toBeVisible();
  for (const column of await playground.columns().all())
    await expect(column.getByText(/^[✓✕] (Right|Wrong)/)).toBeVisible();

  const base = await playground.answer('Base');
  expect(base.length).toBeGreaterThan(0);
  await playground.setStrength(/Second/, 0);
  await playground.waitForAnswers();
  expect(await playground.answer(/Second/)).toBe(base);
});

test('merged and unmerged are timed, and the base answers as before', async () => {
  const playground = new PlaygroundPage(page);
  await playground.open();
  await playground.ask('table: train | price\nquestion: show me the 5 lightest trains.\n');
  const before = await playground.answer('Base');
  const times = await playground.timeMerged();
  await expect(times.getByRole('listitem')).toHaveText([/^Base/, /^Adapter beside W/, /^Adapter merged/]);
  await playground.answerButton.click();
  await playground.waitForAnswers();
  expect(await playground.answer('Base')).toBe(before);
});

test('judging held-out rows shows how far it is, and can be cancelled', async () => {
  await page.getByRole('button', { name: /^Judge \d+ held-out rows/ }).click();
  const progress = page.getByRole('progressbar', { name: /^Judging/ });
  await expect(progress).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(progress).toBeHidden({ timeout: MINUTE_MS });
});

test('the adapter leaves as a PEFT zip, and answers the same in a fresh profile', async ({ browser }) => {
  const library = new LibraryPage(page);
  await library.open();
  await library.openRun(SECOND);
  const zip = await (await library.openExport(SECOND)).download('Adapter');
  const names = Object.keys(unzipSync(zip.bytes)).map((name) => name.split('/').at(-1));
  expect(names).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'README.md']));

  const prompt = 'table: town | score | river\nquestion: which town has the highest score?\n';
  const playground = new PlaygroundPage(page);
  await page.getByRole('link', { name: 'Try in Playground' }).click();
  await playground.prompt.waitFor({ timeout: MINUTE_MS });
  if ((await page.getByRole('slider').getAttribute('aria-valuenow')) !== '1') await playground.setStrength(/Second/, 1);
  await playground.ask(prompt);
  const expected = await playground.answer(/Second/);

  const fresh = await browser.newContext();
  const elsewhere = await fresh.newPage();
  const theirs = new LibraryPage(elsewhere);
  await theirs.open();
  await theirs.importZip(zip);
  await elsewhere.getByRole('link', { name: 'Try in Playground' }).click();
  const there = new PlaygroundPage(elsewhere);
  await there.prompt.waitFor({ timeout: MINUTE_MS });
  await expect(there.columns()).toHaveCount(2);
  await there.ask(prompt);
  const [adapterName] = (await there.columns().nth(1).getAttribute('aria-label'))?.split('Answer of ').slice(1) ?? [];
  expect(await there.answer(adapterName ?? '')).toBe(expected);
  await fresh.close();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the rooms are accessible and fit 360 pixels, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 360, height: 800 });
    for (const room of ['library', 'compare', 'playground']) {
      await page.goto(`/#/${room}`);
      await page.getByRole('heading', { name: room, exact: false }).first().waitFor();
      if (room === 'library') await new LibraryPage(page).openRun(SECOND);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, `${room} is wider than the page`).toBeLessThanOrEqual(360);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${room}: ${id} ${nodes[0]?.html}`)).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

test('a run is deleted only after the question, and stays deleted', async () => {
  const library = new LibraryPage(page);
  await library.open();
  const detail = await library.openRun(SECOND);
  await detail.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
  await expect(library.row(SECOND)).toBeVisible();
  await library.remove(SECOND);
  await expect(library.row(SECOND)).toHaveCount(0);
  await page.reload();
  await expect(library.list.getByRole('rowheader')).toHaveCount(1);
});
