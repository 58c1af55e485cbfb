// The main job as a first visitor does it: built-in model and data, one click, a falling loss, a kept run.
import { expect, type Locator, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { ComparePage } from '../pages/comparePage.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { StudioPage } from '../pages/studioPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const STEPS = 25;
/** Steps whose losses are averaged: one step's batch is easier or harder than the next. */
const WINDOW = 5;
/**
 * The main thread's longest task, in its own processor time: on the clock a short task grows without bound where a
 * software GPU and the rest of the machine share two cores with the page.
 */
const LONG_TASK_LIMIT_MS = 50;

const traceSchema = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      pid: z.number(),
      tid: z.number(),
      /** Processor time in microseconds. */
      tdur: z.number().optional(),
      args: z.object({ name: z.unknown() }).partial().optional(),
    }),
  ),
});

/** Processor time of every task of the page's main thread in a trace of Chromium's, in milliseconds. */
function mainThreadTasks(trace: Buffer): number[] {
  const { traceEvents } = traceSchema.parse(JSON.parse(trace.toString('utf8')));
  const isMain = (event: { name: string; args?: { name?: unknown } | undefined }) =>
    event.name === 'thread_name' && event.args?.name === 'CrRendererMain';
  const mains = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents
    .filter(({ name, pid, tid }) => name === 'RunTask' && mains.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000);
}

/** Every step's loss of the only run in the Library, as Compare gives it. */
async function keptLosses(page: Page): Promise<number[]> {
  const library = new LibraryPage(page);
  await library.open();
  const compare = new ComparePage(page);
  await compare.open(await library.runId());
  const curve = await compare.curve();
  expect(curve.map(({ step }) => step)).toEqual(curve.map((_, index) => index + 1));
  return curve.map(({ loss }) => loss);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('first visit, one click: the loss falls, the page stays responsive, the run is kept', async ({
  page,
  browser,
}) => {
  test.setTimeout(15 * MINUTE_MS);
  const studio = new StudioPage(page);
  const train = new TrainPage(page);
  await studio.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.trainButton.click();
  await train.waitForStep(1, 8 * MINUTE_MS);
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  await expect(train.go.getByRole('img', { name: 'Loss over step' })).toBeVisible();
  await train.waitForStep(STEPS, 6 * MINUTE_MS);
  const tasks = mainThreadTasks(await browser.stopTracing());
  await train.stop();
  expect(tasks.filter((elapsedMs) => elapsedMs > 0).length).toBeGreaterThan(STEPS);
  expect(tasks.filter((elapsedMs) => elapsedMs > LONG_TASK_LIMIT_MS)).toEqual([]);

  await page.reload();
  const losses = await keptLosses(page);
  expect(losses.length).toBeGreaterThanOrEqual(STEPS);
  expect(mean(losses.slice(-WINDOW))).toBeLessThan(mean(losses.slice(0, WINDOW)) * 0.9);
  expect(studio.complaints).toEqual([]);
});

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${target}`);
}

test('the main job by keyboard alone: task, rank, length, train, stop, download', async ({ page }) => {
  test.setTimeout(15 * MINUTE_MS);
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);

  await tabTo(page, train.data.getByRole('radio', { checked: true }));
  await page.keyboard.press('ArrowDown');
  await expect(train.data.getByRole('radio').nth(1)).toBeChecked();
  await train.waitUntilReady(2 * MINUTE_MS);
  const ranks = train.adapter.getByRole('group', { name: /^Rank/ });
  await tabTo(page, ranks.getByRole('checkbox', { name: '4', exact: true }));
  await page.keyboard.press('Space');
  await tabTo(page, ranks.getByRole('checkbox', { name: '8', exact: true }));
  await page.keyboard.press('Space');
  await expect(ranks.getByRole('checkbox', { checked: true })).toHaveAccessibleName('4');
  await tabTo(page, train.setting(/^Steps$/));
  await page.keyboard.type('12');
  await expect(train.state).toContainText('Ready: 12 steps');

  await tabTo(page, train.trainButton);
  await page.keyboard.press('Enter');
  await train.waitForStep(2, 8 * MINUTE_MS);
  await tabTo(page, train.go.getByRole('button', { name: 'Stop' }));
  await page.keyboard.press('Enter');
  await expect(train.state).toContainText('Stopped', { timeout: 2 * MINUTE_MS });

  await tabTo(page, train.go.getByRole('button', { name: /^Download adapter/ }));
  const download = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await download).suggestedFilename()).toMatch(/\.zip$/);
});
