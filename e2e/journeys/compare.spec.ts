// The comparison room on three short runs of the built-in model: the sentence, every picture with its table and files, what
// was measured kept across a reload, and the report opened alone.
import { copyFileSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import Papa from 'papaparse';
import { z } from 'zod';
import { ComparePage } from '../pages/comparePage.ts';
import { EvaluatePanel } from '../pages/evaluatePanel.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { PlaygroundPage } from '../pages/playgroundPage.ts';
import { StudioPage } from '../pages/studioPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const STEPS = 8;
const DAY_MS = 24 * 60 * MINUTE_MS;

test.describe.configure({ mode: 'serial' });

let context: BrowserContext;
let page: Page;
let studio: StudioPage;

/** Few and short, so that evaluating on the held-out tenth takes no time. */
function fewRows(count = 40, name = 'towns.jsonl') {
  const rows = Array.from({ length: count }, (_, i) => ({
    context: `question: how old is town ${i}?`,
    target: `${i * 7} years.`,
  }));
  const buffer = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  return { name, mimeType: 'application/jsonl', buffer };
}

test.beforeAll(async ({ browser }) => {
  test.setTimeout(10 * MINUTE_MS);
  context = await browser.newContext();
  page = await context.newPage();
  studio = new StudioPage(page);
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.useDataFile(fewRows());
  for (const rank of [1, 4, 16]) {
    await train.waitUntilReady();
    await train.chooseRank(rank);
    await train.chooseSteps(STEPS);
    await train.train();
    await train.waitUntilFinished(4 * MINUTE_MS);
    if (rank < 16) await page.getByRole('button', { name: 'New run' }).click();
  }
});

test.afterAll(() => context.close());

test('runs of different days are set side by side, with the rank that is enough in a sentence', async () => {
  // The oldest is of yesterday.
  await page.evaluate(async (dayMs) => {
    const opening = indexedDB.open('rankwise');
    await new Promise((resolve) => opening.addEventListener('success', resolve));
    const transaction = opening.result.transaction('runs', 'readwrite');
    const reading = transaction.objectStore('runs').index('createdAt').openCursor();
    await new Promise((resolve) => reading.addEventListener('success', resolve, { once: true }));
    const oldest = reading.result;
    oldest?.update({ ...oldest.value, createdAt: oldest.value.createdAt - dayMs });
    await new Promise((resolve) => transaction.addEventListener('complete', resolve));
    opening.result.close();
  }, DAY_MS);
  const compare = new ComparePage(page);
  await compare.open();
  await page.reload();
  await expect.poll(async () => (await compare.row('Rank (r)')).slice(1)).toEqual(['1', '4', '16']);
  await expect(compare.quality.getByText(/held-out loss is .* at rank \d+/)).toBeVisible();
  for (const [along, title] of [
    ['Parameters', 'against parameters'],
    ['File size', 'against file size'],
    ['Rank', 'against rank'],
  ] as const) {
    await compare.quality.getByRole('radio', { name: along }).check({ force: true });
    await expect(compare.quality.getByRole('img', { name: new RegExp(title) })).toBeVisible();
  }
  const costs = page.getByRole('region', { name: 'Costs', exact: true });
  await expect(costs.getByRole('row', { name: /Trainable parameters/ })).toContainText('× less than 2,662,656');
});

test('evaluated, they have scores with intervals, and their answers side by side', async () => {
  test.setTimeout(6 * MINUTE_MS);
  await new PlaygroundPage(page).open();
  const evaluate = new EvaluatePanel(page);
  await evaluate.chooseFile(fewRows(12, 'held.jsonl'));
  await evaluate.start();
  await evaluate.waitForScores(5 * MINUTE_MS);
  const compare = new ComparePage(page);
  await compare.open();
  await compare.quality.getByLabel('Quality').selectOption('chrF');
  const picture = compare.picture('chrF against rank');
  await expect(picture.getByRole('img', { name: /r 16: \d+\.\d \[\d+\.\d to \d+\.\d\]/ })).toBeVisible();
  await expect(compare.quality.getByText(/^Rank \d+ is .*chrF, /)).toBeVisible();
  await expect.poll(async () => (await compare.row('chrF')).filter((cell) => / to /.test(cell)).length).toBe(3);
  await expect(compare.outputs).toContainText('held.jsonl, where they disagree most first');
  await expect(compare.outputs.getByRole('region', { name: /^Answers to/ })).toHaveCount(5);
  await compare.outputs.getByRole('button', { name: 'Later' }).click();
  await expect(compare.outputs).toContainText('6 to 10 of 12');
});

test('the curves have one cursor, and the x axis of both is zoomed together', async () => {
  const compare = new ComparePage(page);
  await compare.curves.scrollIntoViewIfNeeded();
  const cursor = (title: string | RegExp) =>
    compare.curves.getByRole('figure').filter({ hasText: title }).locator('output').first();
  const loss = compare.curves.getByRole('img', { name: 'Loss over step', exact: true });
  const box = await loss.boundingBox();
  if (!box) throw new Error('the chart has no place');
  const at = (share: number) => box.x + 70 + share * (box.width - 140);
  await page.mouse.move(at(0.5), box.y + 100);
  const step = await cursor('nats per token; points').textContent();
  expect(Number(step)).toBeGreaterThan(0);
  expect(Number(step)).toBeLessThan(STEPS);
  // The held-out chart has values at the first and last step only.
  await expect(cursor(/^Held out/)).toHaveText(/^[0-9]$/);
  await page.mouse.move(at(0.3), box.y + 100);
  await page.mouse.down();
  await page.mouse.move(at(0.7), box.y + 100, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(at(0.02), box.y + 100);
  const zoomed = Number(await cursor('nats per token; points').textContent());
  expect(zoomed).toBeGreaterThan(1);
  await page.mouse.move(at(0.5), box.y + 100);
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.mouse.move(at(0.9), box.y + 100, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await page.mouse.move(at(0.02), box.y + 100);
  await expect.poll(async () => Number(await cursor('nats per token; points').textContent())).toBeLessThan(zoomed);
  await page.mouse.dblclick(at(0.5), box.y + 100);
});

test('every picture of the inside is measured, can be read, and leaves as PNG, SVG and CSV', async () => {
  test.setTimeout(5 * MINUTE_MS);
  const compare = new ComparePage(page);
  await compare.measure();
  for (const [measure, title] of [
    ['Amplification', 'Amplification by layer and matrix'],
    ['Effective rank', 'Effective rank by layer and matrix'],
    ['Norm of ΔW', 'Norm of ΔW by layer and matrix'],
  ] as const) {
    await compare.inside.getByRole('radio', { name: measure }).check({ force: true });
    await expect(compare.picture(title).getByRole('img')).toBeVisible();
  }
  const titles = ['Norm of ΔW by layer', 'Singular values of ΔW', 'Subspace similarity of', 'chrF against rank'];
  for (const title of titles) {
    await compare.picture(title).getByText('Table', { exact: true }).click();
    await expect(compare.picture(title).getByRole('table').getByRole('row').nth(1)).toBeVisible();
    const rows = Papa.parse<Record<string, string>>((await compare.pictureFile(title, 'CSV')).toString(), {
      header: true,
    });
    expect(rows.data.length, title).toBeGreaterThan(2);
    const svg = (await compare.pictureFile(title, 'SVG')).toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).not.toMatch(/NaN|undefined|var\(/);
    expect((await compare.pictureFile(title, 'PNG')).subarray(1, 4).toString()).toBe('PNG');
  }
  await compare.picture('Norm of ΔW by layer').locator('[data-tip]').first().hover();
  await expect(compare.inside.getByText(/r 1, q of layer 5\s*‖ΔW‖: 0\.\d+/)).toBeVisible();
  const frozen = compare.inside.getByRole('region', { name: /ΔW against the frozen weights/ });
  await expect(frozen.getByRole('row', { name: /^Amplification/ }).getByRole('cell')).toHaveCount(3);
});

test('what was measured is still there after a reload', async () => {
  const compare = new ComparePage(page);
  await page.reload();
  await expect(compare.picture('Norm of ΔW by layer').getByRole('img')).toBeVisible();
  await expect(compare.inside.getByRole('button', { name: /^Measure/ })).toHaveCount(0);
  await expect(compare.picture('Subspace similarity of r 4 and r 16').getByRole('img')).toBeVisible();
});

test('the report opens alone, without a network and without asking for one', async ({ browser }) => {
  const compare = new ComparePage(page);
  // A download's own path does not end in .html.
  const file = test.info().outputPath('report.html');
  copyFileSync(await compare.takeAway('Report as HTML'), file);
  expect(readFileSync(file).length).toBeLessThan(2_000_000);
  const alone = await browser.newContext({ offline: true });
  const report = await alone.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  report.on('request', (request) => asked.push(request.url()));
  report.on('console', (message) => complaints.push(message.text()));
  const address = pathToFileURL(file).href;
  await report.goto(address);
  await expect(report.getByRole('heading', { level: 1 })).toHaveText('3 runs compared');
  for (const title of ['Results', 'What rank bought', 'Curves', 'Costs', 'Inside the adapters', 'Settings']) {
    await expect(report.getByRole('heading', { name: title, exact: true })).toBeVisible();
  }
  // Quality three ways, loss two ways, three heat maps, singular values, similarity.
  await expect(report.getByRole('img')).toHaveCount(10);
  expect(asked).toEqual([address]);
  expect(complaints).toEqual([]);
  await report.setViewportSize({ width: 390, height: 800 });
  expect(await report.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const { violations } = await new AxeBuilder({ page: report }).analyze();
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);
  await alone.close();
});

test('and its numbers leave as JSON and CSV', async () => {
  const compare = new ComparePage(page);
  const { runs } = z
    .object({
      runs: z.array(
        z.object({
          settings: z.object({ adapter: z.object({ rank: z.number() }) }),
          metrics: z.array(z.object({ loss: z.number() })),
          spectra: z.array(z.object({ singularValues: z.array(z.number()) })),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync(await compare.takeAway('Everything as JSON'), 'utf8')));
  expect(runs.map(({ settings }) => settings.adapter.rank)).toEqual([1, 4, 16]);
  expect(runs.map(({ metrics }) => metrics.length)).toEqual([STEPS, STEPS, STEPS]);
  expect(runs.map(({ spectra }) => spectra[0]?.singularValues.length)).toEqual([1, 4, 16]);
  const csv = readFileSync(await compare.takeAway('Everything as CSV'), 'utf8');
  const rows = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true }).data;
  expect(rows.filter(({ quantity }) => quantity === 'loss').length).toBe(3 * STEPS);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the room is accessible and fits 360 pixels with every picture, ${scheme}`, async () => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 360, height: 800 });
    await new ComparePage(page).picture('Norm of ΔW by layer').getByRole('img').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(studio.complaints).toEqual([]);
  });
}

test('a run’s settings leave as JSON and as a link, and come back into Train', async () => {
  const library = new LibraryPage(page);
  await library.open();
  const detail = await library.openRun(/r 4$/);
  const download = page.waitForEvent('download');
  await detail.getByRole('button', { name: 'Settings as JSON' }).click();
  const path = await (await download).path();
  const json = JSON.parse(readFileSync(path, 'utf8'));
  expect(json.adapter.rank).toBe(4);

  // By file, changed as a person would.
  const changed = JSON.stringify({ ...json, adapter: { ...json.adapter, rank: 12, alpha: 24 } });
  const file = { name: 'settings.json', mimeType: 'application/json', buffer: Buffer.from(changed) };
  await page.getByLabel('Settings file').setInputFiles(file);
  const train = new TrainPage(page);
  await expect(page.getByText('These settings came with the link or file')).toBeVisible();
  await expect(page).toHaveURL(/#\/train$/);
  await expect(train.setting(/^Steps$/)).toHaveValue(String(STEPS));
  await expect(train.state).toContainText(`Ready: ${STEPS} steps`);

  // By link, in a page that has just been opened.
  const fresh = await context.newPage();
  await fresh.goto(`/#/train?${new URLSearchParams({ settings: changed.replace('"rank":12', '"rank":0') })}`);
  await expect(fresh.getByRole('alert').filter({ hasText: 'adapter.rank' })).toBeVisible({ timeout: MINUTE_MS });
  await fresh.close();
});
