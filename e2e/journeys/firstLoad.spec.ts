// The page loads by itself: no error, nothing blocked by its own policy, nothing from third parties, and little script.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { builtFile, initialScripts } from '../build.ts';
import { StudioPage } from '../pages/studioPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const INITIAL_SCRIPT_LIMIT_BYTES = 350_000;

function gzippedBytes(scripts: Buffer[]): number {
  return scripts.reduce((sum, script) => sum + gzipSync(script, { level: 9 }).length, 0);
}

test('the studio opens without an error, a policy violation or a third party', async ({ page, baseURL }) => {
  const origins = new Set<string>();
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  const studio = new StudioPage(page);
  await studio.open();
  await page.waitForLoadState('networkidle');
  expect(studio.complaints).toEqual([]);
  origins.delete('null'); // blob: and data: addresses
  expect([...origins]).toEqual([baseURL]);
});

test('the page has a content security policy that forbids inline script and eval', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.body.dataset.inlineRan = "yes"';
    document.body.append(script);
    return document.body.dataset.inlineRan === 'yes';
  });
  expect(ran).toBe(false);
  expect(studio.complaints.some((complaint) => complaint.includes('script-src'))).toBe(true);
});

test('initial JavaScript is at most 350 KB gzipped, by the build and by what a first visit fetches', async ({
  page,
}) => {
  const inBuild = initialScripts().map((path) => readFileSync(path));
  expect(inBuild.length).toBeGreaterThan(0);
  expect(gzippedBytes(inBuild)).toBeLessThanOrEqual(INITIAL_SCRIPT_LIMIT_BYTES);

  const fetched = new Set<string>();
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    if (path.endsWith('.js') && !path.includes('/worker-')) fetched.add(path.slice(1));
  });
  await new StudioPage(page).open();
  await page.waitForLoadState('networkidle');
  expect(fetched.size).toBeGreaterThanOrEqual(inBuild.length);
  expect(gzippedBytes([...fetched].map(builtFile))).toBeLessThanOrEqual(INITIAL_SCRIPT_LIMIT_BYTES);
});

test('the browser under test has WebGPU', async ({ page }) => {
  await page.goto('/');
  const description = await page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter ? `${adapter.info.vendor} ${adapter.info.architecture}` : 'no adapter';
  });
  expect(description).not.toBe('no adapter');
});

test('what is loaded goes on without its server, and a file dropped anywhere leaves the page as it is', async ({
  page,
  context,
}) => {
  const train = new TrainPage(page);
  const fetched = page.waitForResponse(/\/LibraryRoom-[^/]*\.js$/, { timeout: 120_000 });
  await train.open();
  await train.waitUntilReady(120_000);
  await fetched;
  await context.setOffline(true);
  for (const room of ['Library', 'Compare', 'Playground', 'Train']) {
    await page.getByRole('link', { name: room, exact: true }).click();
    await expect(page.getByRole('main', { name: room })).toBeVisible();
    await expect(page.getByRole('main').getByRole('heading').first()).toBeAttached();
  }
  await train.chooseTask(/dialogue/);
  await expect(train.data.getByRole('alert')).toContainText('cannot be reached');
  await train.chooseTask(/table/);
  await train.waitUntilReady();

  const isRefused = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.txt'));
    const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector('header')?.dispatchEvent(drop);
    return drop.defaultPrevented;
  });
  expect(isRefused).toBe(true);
});
