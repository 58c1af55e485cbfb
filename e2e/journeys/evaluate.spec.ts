// Evaluate: a short run and the base answer the same rows; scores with intervals, answers to filter and sort, both as CSV,
// kept across a reload; and the work can be cancelled.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import Papa from 'papaparse';
import { EvaluatePanel } from '../pages/evaluatePanel.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { PlaygroundPage } from '../pages/playgroundPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const STEPS = 15;
const CONTEXTS = 24;
/** Contexts listed at a time. */
const PAGE = 10;

function jsonLines(name: string, rows: object[]) {
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  return { name, mimeType: 'application/jsonl', buffer: Buffer.from(text) };
}

const TRAINING = jsonLines(
  'signs.jsonl',
  Array.from({ length: 60 }, (_, i) => ({ context: `say ${i}`, target: 'all is well.' })),
);
/** Each context has two right answers. */
const HELD = jsonLines(
  'held.jsonl',
  Array.from({ length: 2 * CONTEXTS }, (_, i) => ({
    context: `say ${100 + (i % CONTEXTS)}`,
    target: i < CONTEXTS ? 'all is well.' : 'it is all well.',
  })),
);

async function trainShortly(page: Page): Promise<void> {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const drawer = await train.chooseDataFile(TRAINING);
  await drawer.getByRole('heading', { name: /signs\.jsonl/ }).waitFor();
  await train.closeDrawer();
  await train.waitUntilReady();
  await train.chooseRank(8);
  await train.chooseSteps(STEPS);
  await train.setting(/^Learning rate/).fill('0.005');
  await train.train();
  await train.waitUntilFinished(4 * MINUTE_MS);
}

async function openInLibrary(page: Page): Promise<Locator> {
  const library = new LibraryPage(page);
  await library.open();
  return library.openRun(/r 8$/);
}

test('base and adapter on the same rows, scored, read, kept', async ({ page }) => {
  test.setTimeout(12 * MINUTE_MS);
  await trainShortly(page);
  await new PlaygroundPage(page).open();
  const evaluate = new EvaluatePanel(page);
  await evaluate.chooseFile(HELD);
  await evaluate.start();
  await evaluate.waitForScores(4 * MINUTE_MS);

  await expect(evaluate.scores.getByRole('heading')).toHaveText(/held\.jsonl: 24.contexts, 48 rows/);
  const [base, adapter] = [await evaluate.row(/^Base/), await evaluate.row(/r 8$/)];
  expect(base).toHaveLength(7);
  const loss = (cells: string[]) => Number.parseFloat(cells[0] ?? '');
  expect(loss(adapter)).toBeLessThan(loss(base) - 0.5);
  for (const cell of adapter) expect(cell).toMatch(/ to /);
  const verdicts = await evaluate.verdicts();
  expect(verdicts[0]).toMatch(/^Loss: .*r 8 is best; Base is worse beyond noise\.$/);

  await expect(evaluate.listed()).toHaveCount(PAGE);
  for (let page = 1; page < Math.ceil(CONTEXTS / PAGE); page++)
    await evaluate.answers.getByRole('button', { name: 'Next' }).click();
  await expect(evaluate.listed()).toHaveCount(CONTEXTS % PAGE);
  await evaluate.answers.getByLabel('Search').fill('say 107');
  await expect(evaluate.listed()).toHaveCount(1);
  await expect(evaluate.listed().first()).toContainText('2 right answers');
  await evaluate.answers.getByLabel('Search').fill('');
  const answers = Papa.parse<Record<string, string>>(await evaluate.csv('Answers as CSV'), {
    header: true,
    skipEmptyLines: true,
  }).data;
  expect(answers).toHaveLength(CONTEXTS);
  const wrong = answers.filter((row) =>
    Object.entries(row).some(([key, v]) => /exactMatch$/.test(key) && v === 'false'),
  );
  await evaluate.answers.getByLabel('Show').selectOption('Some are not exact');
  await expect(evaluate.answers.getByRole('status')).toHaveText(`${wrong.length} of ${CONTEXTS} contexts`);
  const scores = Papa.parse<Record<string, string>>(await evaluate.csv('Scores as CSV'), { header: true }).data;
  expect(Number(scores[1]?.loss)).toBeCloseTo(loss(adapter), 3);

  await evaluate.start();
  await evaluate.panel.getByRole('button', { name: 'Cancel' }).click();
  await expect(evaluate.panel.getByRole('progressbar')).toBeHidden({ timeout: MINUTE_MS });
  await expect(evaluate.panel.getByRole('alert')).toHaveCount(0);

  await page.reload();
  await evaluate.panel.getByRole('button', { name: /^Show held\.jsonl: 24.contexts/ }).click({ timeout: MINUTE_MS });
  await evaluate.scores.waitFor();
  expect(await evaluate.row(/r 8$/)).toEqual(adapter);
  expect(await evaluate.verdicts()).toEqual(verdicts);

  const detail = await openInLibrary(page);
  const kept = detail.getByRole('table', { name: /^held\.jsonl: 24.contexts/ });
  const cells = await kept.getByRole('row', { name: /^Loss/ }).getByRole('cell').allInnerTexts();
  const lines = (cell = '') => cell.split('\n').filter((line) => !line.includes('(best)'));
  expect(cells).toEqual([...lines(adapter[0]), lines(base[0])[0]]);
  await detail.getByRole('link', { name: 'Read the answers in the Playground' }).click();
  await evaluate.scores.waitFor();

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);
    }
  }
});
