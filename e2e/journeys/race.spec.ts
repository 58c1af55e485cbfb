// Three ranks chosen, raced, one dropped, paused, taken up again after a reload, and found in the Library and in Compare; a
// race in heats where memory is short, and its settings back from the Library.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { ComparePage } from '../pages/comparePage.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { townRows } from '../pages/townRows.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const STEPS = 12;

test('a race of three ranks: curves, a drop, a reload, and three runs in the Library', async ({ page }) => {
  test.setTimeout(12 * MINUTE_MS);
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.useDataFile(townRows());
  const ranks = train.adapter.getByRole('group', { name: /^Rank/ });
  for (const rank of ['1', '4', '64'])
    await ranks.getByRole('checkbox', { name: rank, exact: true }).check({ force: true });
  await ranks.getByRole('checkbox', { name: '8', exact: true }).uncheck({ force: true });
  await expect(train.adapter.getByRole('textbox', { name: 'Ranks, 1 to 256' })).toHaveValue('1, 4, 64');
  await expect(train.adapter.getByRole('table', { name: 'Adapters of the race' }).getByRole('row')).toHaveCount(4);
  await train.chooseSteps(STEPS);
  await expect(train.state).toContainText(`Ready: 3 adapters, ${STEPS} steps`);

  await train.train();
  const table = train.go.getByRole('table', { name: 'Adapters of this race' });
  await train.waitForStep(1, 4 * MINUTE_MS);
  await table.getByRole('button', { name: 'Drop r4' }).click();
  await expect(table.getByRole('row', { name: /^r4/ })).toContainText('Stopped at', { timeout: MINUTE_MS });
  await train.waitForStep(3, 4 * MINUTE_MS);
  await train.pause();
  for (const name of ['r1', 'r64']) {
    await expect(table.getByRole('row', { name: new RegExp(`^${name} `) })).toContainText('Paused');
  }

  await page.reload();
  await train.waitUntilReady(2 * MINUTE_MS);
  await expect(train.go.getByText(/is unfinished: saved at step/)).toContainText('r 1, 4, 64');
  await train.go.getByRole('button', { name: 'Resume it' }).click();
  await train.waitUntilFinished(6 * MINUTE_MS);
  for (const name of ['r1', 'r64']) {
    await expect(table.getByRole('row', { name: new RegExp(`^${name} `) })).toContainText(/Finished/);
  }
  await table.getByRole('button', { name: 'r64' }).click();
  expect(await train.readout('Step')).toBe(`${STEPS} / ${STEPS}`);
  await expect(train.go.getByRole('link', { name: 'Compare all 3' })).toBeVisible();

  await train.go.getByRole('link', { name: 'Compare all 3' }).click();
  const compare = new ComparePage(page);
  await expect.poll(async () => (await compare.row('Rank (r)')).slice(1).sort()).toEqual(['1', '4', '64']);
  const library = new LibraryPage(page);
  await library.open();
  for (const name of ['r1', 'r4', 'r64']) {
    await expect(page.getByRole('link', { name: new RegExp(`towns.*: ${name}$`) })).toBeVisible();
  }
});

test('a race that memory is too short for runs in two heats, goes on in both, and its lists come back from the Library', async ({
  page,
}) => {
  test.setTimeout(8 * MINUTE_MS);
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.useDataFile(townRows());
  await train.chooseRank(1, 4, 16);
  await train.chooseSteps(3);
  await expect(train.state).toContainText('Ready: 3 adapters, 3 steps');
  const together = Number(/([\d.]+)\sMB of GPU memory/.exec((await train.state.textContent()) ?? '')?.[1]);
  const memory = page.getByRole('region', { name: 'Training' }).getByRole('textbox', { name: /^Memory to use/ });
  await memory.fill(String(((together - 1) / 1000).toFixed(4)));
  await expect(train.adapter).toContainText('3 adapters race on the same batches, 2 + 1 at a time');

  await train.train();
  await expect(train.go).toContainText('2 of 3 adapters under way; 1 more after these', { timeout: MINUTE_MS });
  await expect(train.go).toContainText('1 of 3 adapters under way', { timeout: 3 * MINUTE_MS });
  await train.waitUntilFinished(3 * MINUTE_MS);
  const table = train.go.getByRole('table', { name: 'Adapters of this race' });
  for (const name of ['r1', 'r4', 'r16']) {
    await expect(table.getByRole('row', { name: new RegExp(`^${name} `) })).toContainText('Finished');
  }
  await expect(train.go.getByRole('link', { name: 'Compare all 3' })).toBeVisible();

  // Further than planned: both heats go on, one after the other.
  await train.trainFurther(5);
  for (const name of ['r1', 'r16']) {
    await table.getByRole('button', { name, exact: true }).click();
    await expect.poll(() => train.readout('Step'), { timeout: 3 * MINUTE_MS }).toBe('5 / 5');
    await expect(table.getByRole('row', { name: new RegExp(`^${name} `) })).toContainText('Finished');
  }

  const library = new LibraryPage(page);
  await library.open();
  const compare = new ComparePage(page);
  await compare.open(await library.runId(/towns.*: r16$/));
  expect((await compare.curve()).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  await library.open();
  const detail = await library.openRun(/towns.*: r4$/);
  await expect(detail.getByText('Trained further after step')).toBeVisible();
  await expect(detail.getByRole('checkbox', { name: 'Settings of all 3 adapters of its race' })).toBeChecked();
  const download = page.waitForEvent('download');
  await detail.getByRole('button', { name: 'Settings as JSON' }).click();
  const settings = readFileSync(await (await download).path());
  await page.reload();
  const file = { name: 'settings.json', mimeType: 'application/json', buffer: settings };
  await page.getByLabel('Settings file').setInputFiles(file);
  await expect(page.getByText('These settings came with the link or file')).toBeVisible({ timeout: MINUTE_MS });
  await expect(train.adapter.getByRole('textbox', { name: 'Ranks, 1 to 256' })).toHaveValue('1, 4, 16');
});
