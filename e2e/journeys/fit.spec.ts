// "Fit to this GPU": less memory than the run takes, much less, too little for anything, and a batch that no GPU holds.
import { expect, type Page, test } from '@playwright/test';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;

function training(page: Page) {
  const region = page.getByRole('region', { name: 'Training' });
  return {
    region,
    memory: region.getByRole('textbox', { name: /^Memory to use/ }),
    fit: region.getByRole('button', { name: 'Fit to this GPU' }),
    chosen: region.getByRole('status'),
  };
}

/** The batch's rows, and how many of them make a step. */
async function batchOf(train: TrainPage): Promise<number[]> {
  const batch = Number(await train.setting(/^Batch/).inputValue());
  return [batch, batch * Number(await train.setting(/^Accumulate/).inputValue())];
}

test('chooses what fits, says why, and keeps the rows of a step', async ({ page }) => {
  test.setTimeout(5 * MINUTE_MS);
  const train = new TrainPage(page);
  const { region, memory, fit, chosen } = training(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.openMoreSettings();

  await memory.fill('0.02');
  await expect(region).toContainText('More than the 20.0 MB to use.');
  await fit.click();
  await expect(chosen).toHaveText(
    /^Chosen: f16 weights, batch \d( × \d accumulated)?, .* of the 20 MB to use\. Too much: /,
  );
  expect((await batchOf(train))[1]).toBe(8);
  const said = /checkpointing \(8 rows a step, as set\): ([\d.]+) MB/.exec((await chosen.textContent()) ?? '')?.[1];
  await expect(train.state).toHaveText(new RegExp(`^Ready: .* ${said}(\\.?0*)\\sMB of GPU memory`));
  await expect(region).not.toContainText('More than the');

  await memory.fill('0.008');
  await fit.click();
  await expect(chosen).toHaveText(/^Chosen: q[48] weights, .* Too much: (f16|q8) weights \(at least/);
  const format = /Chosen: (q[48])/.exec((await chosen.textContent()) ?? '')?.[1];
  await expect(train.model.getByRole('radio', { name: `${format} · ` })).toBeChecked();
  await train.waitUntilReady(MINUTE_MS);

  await memory.fill('0.001');
  await fit.click();
  await expect(region.getByRole('alert')).toContainText(
    /Nothing fits into 1 MB\. The least, .* A smaller model is needed/,
  );

  await page.reload();
  await expect(memory).toHaveValue('0.001');
});

test('a run that no buffer holds is refused with what to lower, and Fit finds one', async ({ page }) => {
  test.setTimeout(5 * MINUTE_MS);
  const train = new TrainPage(page);
  const { chosen } = training(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.openMoreSettings();
  await train.chooseSteps(2);
  await train.setting(/^Batch/).fill('8192');
  const refusal = train.go.getByRole('alert');
  await expect(refusal).toContainText(
    /A batch of 8192 × \d+ tokens needs .* in one piece .* Choose a batch of \d+ or less/,
    {
      timeout: MINUTE_MS,
    },
  );
  await refusal.getByRole('button', { name: 'Fit to this GPU' }).click();
  await expect(chosen).toHaveText(/^Chosen: /, { timeout: 2 * MINUTE_MS });
  const [batch, rows] = await batchOf(train);
  expect(rows).toBe(8192);
  expect(batch).toBeLessThan(8192);
  await train.waitUntilReady(MINUTE_MS);
});
