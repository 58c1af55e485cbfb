// onnxruntime-web in the page: without WebGPU an exported folder is opened and answers; with it, both engines answer in
// the Playground and agree.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, expect, test } from '@playwright/test';
import { findOrInstallBrowser } from '../browser.ts';
import { BUILTIN_MODEL, cliText, rankwise } from '../exported/opened.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { ExportedPage, OnnxPanel } from '../pages/onnxPanels.ts';
import { PlaygroundPage } from '../pages/playgroundPage.ts';
import { StudioPage } from '../pages/studioPage.ts';

const MINUTE_MS = 60_000;
const PROMPT = 'table: town | score | river\nquestion: which town has the highest score?\n';
/** Of logits of about 20, in f32. */
const LOGITS_TOLERANCE = 1e-4;

let folder: string;
let adapter: string;

test.beforeAll(async () => {
  test.setTimeout(5 * MINUTE_MS);
  folder = mkdtempSync(join(tmpdir(), 'rankwise-onnx-'));
  adapter = join(folder, 'adapter');
  const data = join(BUILTIN_MODEL, '../data/sql.jsonl');
  const shape = ['--rank', '8', '--targets', 'q,k,v,o', '--max-length', '128'];
  const pace = ['--steps', '40', '--lr', '5e-3', '--schedule', 'linear'];
  await rankwise('train', '--model', BUILTIN_MODEL, '--data', data, '--out', adapter, ...shape, ...pace);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('without WebGPU a folder exported with open adapters answers: the base, and the adapter', async ({ baseURL }) => {
  test.setTimeout(5 * MINUTE_MS);
  const exported = join(folder, 'exported');
  const flags = ['--model', BUILTIN_MODEL, '--adapter', adapter, '--out', exported];
  await rankwise('export', '--format', 'onnx-adapters', ...flags);
  const browser = await chromium.launch({
    executablePath: findOrInstallBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  });
  const page = await (await browser.newContext({ baseURL })).newPage();
  const studio = new StudioPage(page);
  const origins = new Set<string>();
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  await studio.open();
  await page.getByRole('link', { name: 'Open an exported model' }).click();

  const chat = new ExportedPage(page);
  await page
    .getByLabel('Zip of an exported folder')
    .setInputFiles({ name: 'notes.zip', mimeType: 'application/zip', buffer: Buffer.from('no zip') });
  await expect(page.getByRole('alert')).toContainText('notes.zip: expected a zip archive');
  await chat.pick(exported);
  await expect(chat.model).toContainText('Ready in WebAssembly', { timeout: MINUTE_MS });
  await expect(page.getByRole('radio', { name: 'WebGPU' })).toBeDisabled();
  await expect(chat.adapter.getByRole('option')).toHaveText(['Base, no adapter', 'adapter, r = 8']);
  const answer = await chat.ask(PROMPT);
  expect(answer).toMatch(/^SELECT town FROM t /);
  expect(answer).toBe(await cliText(PROMPT, '--model', BUILTIN_MODEL, '--adapter', adapter));
  await chat.adapter.selectOption('Base, no adapter');
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText('Base');
  expect(await chat.answer()).toBe(await cliText(PROMPT, '--model', BUILTIN_MODEL));

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect([...origins]).toEqual([baseURL]);
  expect(studio.complaints).toEqual([]);
  await browser.close();
});

test('base, adapter and merged in both engines: the same text, the same logits', async ({ page }) => {
  test.setTimeout(5 * MINUTE_MS);
  const studio = new StudioPage(page);
  const library = new LibraryPage(page);
  await library.open();
  await library.importFolder(adapter);
  await expect(page.getByText('Trained elsewhere and imported')).toBeVisible({ timeout: 2 * MINUTE_MS });
  const playground = new PlaygroundPage(page);
  await playground.open();
  await expect(playground.columns()).toHaveCount(2);
  await playground.prompt.fill(PROMPT);
  const panel = new OnnxPanel(page);
  const rows = await panel.compare(3);
  expect(rows.map(({ name }) => name.replace(/.*, (?=beside|merged)/, ''))).toEqual(['Base', 'beside W', 'merged']);
  for (const { name, text, difference } of rows) {
    expect(text, name).toContain('the same');
    expect(difference, name).toBeGreaterThan(0);
    expect(difference, name).toBeLessThan(LOGITS_TOLERANCE);
  }
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(studio.complaints).toEqual([]);
});
