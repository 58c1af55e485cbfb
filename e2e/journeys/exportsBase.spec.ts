// Exports that hold the base, where the base is not loaded: from a folder that its owner picks again, or from the Hub.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { bytesSource } from '../../src/formats/byteSource.ts';
import { sortModelFiles } from '../../src/formats/modelFolder.ts';
import { openZip } from '../../src/formats/zipReader.ts';
import type { Downloaded } from '../exported/opened.ts';
import { startHub } from '../hub/server.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/parity/${name}/model`, import.meta.url));

/** The model that is loaded, on a few rows. */
async function trainShortly(page: Page): Promise<void> {
  const train = new TrainPage(page);
  const rows = Array.from({ length: 12 }, (_, i) => `House ${i},soup for ${i}`);
  const buffer = Buffer.from(['context,target', ...rows].join('\n'));
  await train.chooseDataFile({ name: 'houses.csv', mimeType: 'text/csv', buffer });
  await train.closeDrawer();
  await train.chooseRank(2);
  await train.chooseSteps(2);
  await train.train();
  await train.waitUntilFinished(2 * MINUTE_MS);
}

/** Of the only run there is, in a page that has another model loaded. */
async function openExport(page: Page) {
  await page.reload();
  const library = new LibraryPage(page);
  await library.open();
  await library.openRun(/r 2$/);
  return library.openExport(/r 2$/);
}

/** A copy under the same name, of the same shapes: its owner's other fine-tune, say. */
function withOtherWeights(model: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'rankwise-other-')), basename(model));
  cpSync(model, folder, { recursive: true });
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  // The last bits of the numbers.
  for (let at = 8 + Number(bytes.readBigUInt64LE(0)); at < bytes.length; at += 4) bytes[at] = bytes[at]! ^ 1;
  writeFileSync(path, bytes);
  return folder;
}

async function weightNames({ name, bytes }: Downloaded): Promise<string[]> {
  const folder = sortModelFiles(await openZip(bytesSource(bytes, name)));
  if (folder.kind !== 'model') throw new Error(`${name}: no model`);
  return folder.weights.map((file) => file.name);
}

test('a base that came from files is picked again, and checked', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.chooseModelFolder(fixture('cli-bos'));
  await train.loadModel();
  await trainShortly(page);

  const panel = await openExport(page);
  await expect(panel.button('Adapter')).toBeEnabled();
  await expect(panel.row('Merged model')).toContainText('needs the base');
  await expect(panel.panel).toContainText('came from files');
  await panel.pickBaseFolder(fixture('gpt2'));
  await expect(panel.panel.getByRole('alert')).toBeVisible();
  await expect(panel.button('Merged model')).toBeDisabled();
  const other = withOtherWeights(fixture('cli-bos'));
  await panel.pickBaseFolder(other);
  await expect(panel.panel.getByRole('alert')).toContainText('other weights');
  rmSync(dirname(other), { recursive: true });
  await panel.pickBaseFolder(fixture('cli-bos'));
  await expect(panel.panel.getByRole('alert')).toBeHidden();
  expect(await weightNames(await panel.download('Merged model', 'f32'))).toEqual(['model.safetensors']);
});

test('a base on the Hub that is no longer cached is downloaded for the export', async ({ page }) => {
  const hub = await startHub({ repos: { 'someone/tiny': fixture('cli-bos') } });
  try {
    const train = new TrainPage(page);
    await train.open();
    await train.waitUntilReady(2 * MINUTE_MS);
    await train.chooseHubModel('someone/tiny', 'main', hub.endpoint);
    await train.loadModel();
    await trainShortly(page);

    await page.evaluate(async () =>
      (await navigator.storage.getDirectory()).removeEntry('models', { recursive: true }),
    );
    const panel = await openExport(page);
    expect(await weightNames(await panel.download('Merged model', 'f32'))).toEqual(['model.safetensors']);
  } finally {
    await hub.close();
  }
});
