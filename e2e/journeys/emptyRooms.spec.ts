// The rooms before there is anything in them, and without WebGPU: they say what to do next, or what still works.
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, expect, test } from '@playwright/test';
import { findOrInstallBrowser } from '../browser.ts';
import { LibraryPage } from '../pages/libraryPage.ts';

test('an empty Library and an empty Compare have one button, which goes to Train', async ({ page }) => {
  for (const room of ['library', 'compare']) {
    await page.goto(`/#/${room}`);
    const button = page.getByRole('main').getByRole('link', { name: 'Train an adapter' });
    await expect(button).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => `${room}: ${id}`)).toEqual([]);
    await button.click();
    await expect(page).toHaveURL(/#\/train$/);
  }
});

test('an address whose run is gone says so', async ({ page }) => {
  await page.goto('/#/library?run=none');
  await expect(page.getByRole('alert')).toContainText('not in this browser');
});

test('a file that is no adapter is refused with a reason', async ({ page }) => {
  const library = new LibraryPage(page);
  await library.open();
  await page
    .getByLabel('Adapter files')
    .setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
  await expect(page.getByRole('alert')).toContainText('adapter_config.json');
});

test('without WebGPU the Library opens, and the Playground offers what works', async ({ baseURL }) => {
  const browser = await chromium.launch({
    executablePath: findOrInstallBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  });
  const page = await browser.newPage({ baseURL });
  const library = new LibraryPage(page);
  await library.open();
  await expect(page.getByRole('heading', { name: 'No runs yet' })).toBeVisible();
  await page.goto('/#/playground');
  await expect(page.getByRole('heading', { name: 'Open an exported model' })).toBeVisible({ timeout: 60_000 });
  await page.getByRole('main').getByRole('link', { name: 'Library' }).click();
  await expect(page.getByRole('heading', { name: 'No runs yet' })).toBeVisible();
  await browser.close();
});
