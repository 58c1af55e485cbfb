// A real pretrained model trained in the studio, in a real browser, as a person would: its GGUF file, pairs and a starting
// adapter picked from disk, the settings typed in; the losses against transformers and PEFT. Needs what e2e/realModel.ts
// needs. Without a GPU it runs on SwiftShader: some minutes for 135 million parameters.
//
//   npx tsx e2e/realModelStudio.ts MODEL.gguf OUT [SCREENSHOT.png]
//
// Exits with 1 when a loss differs by more than it may, or the page complains.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, expect, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { browserFlags, findOrInstallBrowser } from './browser.ts';
import { ComparePage } from './pages/comparePage.ts';
import { LibraryPage } from './pages/libraryPage.ts';
import { StudioPage } from './pages/studioPage.ts';
import { TrainPage } from './pages/trainPage.ts';
import { type Expected, exitCode, readExpected, report, reportLosses } from './realModelReference.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT_FOLDER = join(ROOT, '.cache/realModelStudio');
const MINUTE_MS = 60_000;
const STEP_MS = 5 * MINUTE_MS;

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

/** The address of a production build of the studio as it is in the checkout. */
async function serve(): Promise<{ url: string; close: () => Promise<void> }> {
  const outDir = OUT_FOLDER;
  await build({ root: ROOT, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
  const server = await preview({ root: ROOT, logLevel: 'warn', build: { outDir }, preview: { port: 0 } });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the preview server has no address');
  return { url, close: () => server.close() };
}

async function loadModel(train: TrainPage, model: string): Promise<void> {
  await train.chooseModelFiles([model]);
  await train.model.getByRole('radio', { name: /as in the file/, checked: true }).waitFor({ timeout: MINUTE_MS });
  await train.model.getByRole('button', { name: /^Load model/ }).click();
  await train.model.getByText('frozen').waitFor({ timeout: 10 * MINUTE_MS });
}

/** The pairs under the reference's template, all of them trained on. */
async function chooseData(train: TrainPage, file: string, template: string): Promise<void> {
  const drawer = await train.chooseDataFile(file);
  const percent = drawer.getByRole('textbox', { name: /^Held out for validation/ });
  await percent.waitFor({ timeout: MINUTE_MS });
  await percent.fill('0');
  // It is checked once the rows are read anew.
  await drawer.getByRole('radio', { name: 'Template', exact: true }).click({ force: true });
  await drawer.getByLabel('Prompt template').waitFor({ timeout: MINUTE_MS });
  if ((await drawer.getByLabel('Prompt template').inputValue()) !== template) {
    await drawer.getByLabel('Prompt template').fill(template);
    await drawer.getByRole('button', { name: 'Use this template' }).click();
  }
  await train.closeDrawer();
}

/** Imports a PEFT folder; what it is becomes the run that the next one starts from. */
async function startFrom(page: Page, train: TrainPage, folder: string): Promise<void> {
  const library = new LibraryPage(page);
  await library.open();
  await library.importFolder(folder);
  await page.getByRole('button', { name: 'Export…' }).waitFor({ timeout: MINUTE_MS });
  await train.open();
  await train.adapter.getByRole('combobox', { name: 'Start from' }).selectOption({ index: 1 });
}

async function chooseSettings(train: TrainPage, { settings, maxLength }: Expected): Promise<void> {
  await train.openMoreSettings();
  await train.page.getByLabel(/^Schedule/).selectOption(settings.schedule);
  await train.setting(/^Warm-up/).fill(String(settings.warmup));
  await train.setting('Weight decay').fill(String(settings.weightDecay));
  await train.setting(/^Longest row/).fill(String(maxLength));
  await train.chooseSteps(settings.steps);
  await train.setting('Learning rate').fill(String(settings.learningRate));
  await train.setting(/^Batch/).fill(String(settings.batch));
  await train.setting(/^Clip gradient norm/).fill(String(settings.clip));
  // Neither held-out loss nor sample answers on the way; saved at the end.
  await train.setting(/^Validate every/).fill('0');
  await train.setting(/^Save every/).fill('0');
  await train.page.getByRole('checkbox', { name: 'Shuffle the rows' }).uncheck();
}

async function trainAll(train: TrainPage, steps: number): Promise<void> {
  await train.train();
  for (let step = 1; step <= steps; step++) {
    await train.waitForStep(step, STEP_MS);
    log(`step ${await train.step()} of ${steps}, loss ${await train.readout('Loss')}`);
  }
  await train.waitUntilFinished(STEP_MS);
}

async function main(model: string, reference: string, screenshot: string | undefined): Promise<void> {
  const expected = readExpected(reference);
  const server = await serve();
  const browser = await chromium.launch({ executablePath: findOrInstallBrowser(), args: browserFlags() });
  try {
    const page = await browser.newPage({ baseURL: server.url, viewport: { width: 1440, height: 1000 } });
    page.setDefaultTimeout(MINUTE_MS);
    const studio = new StudioPage(page);
    await studio.open();
    const train = new TrainPage(page);
    await train.waitUntilReady(5 * MINUTE_MS);
    log('the studio is open; loading the model');
    await loadModel(train, model);
    await chooseData(train, join(reference, 'pairs.jsonl'), expected.template);
    await startFrom(page, train, join(reference, 'adapter'));
    await chooseSettings(train, expected);
    await train.waitUntilReady(5 * MINUTE_MS);
    await expect(train.state).toContainText(`Ready: ${expected.settings.steps} steps`, { timeout: MINUTE_MS });
    log((await train.state.textContent()) ?? '');
    await trainAll(train, expected.settings.steps);
    if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
    const compare = new ComparePage(page);
    await compare.open(await runId(page));
    const curve = await compare.curve();
    reportLosses(
      curve.map(({ loss }) => loss),
      expected,
    );
    report('the page', studio.complaints.length === 0, studio.complaints.join('; ') || 'no complaints');
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Id of the run that was trained; the other one is what it started from. */
async function runId(page: Page): Promise<string> {
  const library = new LibraryPage(page);
  await library.open();
  const address = await library.list.getByRole('link', { name: /^pairs\.jsonl, r / }).getAttribute('href');
  return new URLSearchParams(address?.split('?')[1]).get('run') ?? '';
}

const [model, reference, screenshot] = process.argv.slice(2);
if (!model || !reference) {
  process.stderr.write('usage: npx tsx e2e/realModelStudio.ts MODEL.gguf OUT [SCREENSHOT.png] (see its head)\n');
  process.exitCode = 2;
} else {
  await main(model, reference, screenshot);
  process.exitCode = exitCode();
}
