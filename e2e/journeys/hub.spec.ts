// To the Hub and back, on a server of our own that speaks its API: an adapter for a model from there is pushed from the
// Library, with its card, and brought back by its id in a visit that has another model loaded.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { bytesSource, readText } from '../../src/formats/byteSource.ts';
import { openZip } from '../../src/formats/zipReader.ts';
import { type HubServer, startHub } from '../hub/server.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { PushForm } from '../pages/pushForm.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const MODEL_FOLDER = fileURLToPath(new URL('../fixtures/parity/cli-bos/model', import.meta.url));

let folder: string;
let hub: HubServer;
test.beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankwise-hub-journey-'));
  hub = await startHub({
    repos: { 'someone/tiny': MODEL_FOLDER },
    accounts: { hf_write: { name: 'ada', canWrite: true }, hf_read: { name: 'ada', canWrite: false } },
    pushedTo: folder,
    partBytes: 4000,
  });
});
test.afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

const pushed = (name: string, repo = 'ada/towns') => {
  const at = hub.repo(repo)?.branches.get('main')?.folder ?? expect('no repository').toBe('');
  return new Uint8Array(readFileSync(join(String(at), name)));
};

function fewRows() {
  const lines = Array.from({ length: 24 }, (_, i) => `house ${i},House ${i} serves soup for ${i} euros.`);
  return { name: 'houses.csv', mimeType: 'text/csv', buffer: Buffer.from(['context,target', ...lines].join('\n')) };
}

test('an adapter is pushed with its card, and comes back by its id with its base', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.chooseHubModel('someone/tiny', 'main', hub.endpoint);
  await train.loadModel();
  const drawer = await train.chooseDataFile(fewRows());
  await drawer.getByRole('heading', { name: /houses\.csv/ }).waitFor();
  await train.closeDrawer();
  await train.chooseRank(3);
  await train.chooseSteps(6);
  await train.train();
  await train.waitUntilFinished(2 * MINUTE_MS);

  const library = new LibraryPage(page);
  await library.open();
  await library.openRun(/r 3$/);
  await library.openExport(/r 3$/);
  const form = new PushForm(page);
  const axe = await new AxeBuilder({ page }).analyze();
  expect(axe.violations).toEqual([]);
  await expect(form.push).toBeEnabled();
  await form.push.click();
  await expect(form.form.getByText('Type your name on the Hub, a slash and a name')).toBeVisible();
  await expect(form.form.getByText('Paste a token that may write.')).toBeVisible();

  await form.chooseServer(hub.endpoint);
  await form.repository.fill('ada/towns');
  await form.token.fill('hf_read');
  await form.push.click();
  await expect(form.alert).toContainText('this token may not write to ada/towns (403');
  expect(hub.repo('ada/towns')).toBeUndefined();

  // Cancelled while it waits for a server that asks for patience.
  await form.token.fill('hf_write');
  hub.faults.answers = [{ to: /preupload/, status: 429, retryAfter: '60' }];
  await form.alert.getByRole('button', { name: 'Try again' }).click();
  await form.form.getByRole('button', { name: 'Cancel' }).click();
  await expect(form.push).toBeEnabled();
  await expect(form.alert).toBeHidden();

  await form.push.click();
  await expect(form.status).toContainText(/Pushed 4.files .* into the repository/);
  await expect(form.status.getByRole('link', { name: 'Open ada/towns' })).toHaveAttribute(
    'href',
    `${hub.endpoint}/ada/towns`,
  );
  expect(hub.repo('ada/towns')).toMatchObject({ isPrivate: true, commits: [{ branch: 'main' }] });
  const parts = hub.requests.filter(({ method, origin }) => method === 'PUT' && origin === 'store');
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.every(({ authorization }) => authorization === undefined)).toBe(true);
  const card = Buffer.from(pushed('README.md')).toString('utf8');
  expect(card).toContain('base_model: "someone/tiny"\nlibrary_name: peft\n');
  expect(card).toContain('context–target pairs from houses.csv');
  expect(card).toContain('PeftModel.from_pretrained(model, "ada/towns")');
  expect(card).toContain('![Loss over the steps of training](loss.svg)');
  expect(Buffer.from(pushed('loss.svg')).toString('utf8')).toContain('<polyline');
  // Again: what is there is known by its content.
  await form.push.click();
  await expect(form.status).toContainText('Nothing to push: all 4');

  await form.chooseWhat(/^Merged model in ONNX, f16/);
  await form.repository.fill('ada/towns-onnx');
  await form.push.click();
  await expect(form.status).toContainText('into a new repository');
  const onnxCard = Buffer.from(pushed('README.md', 'ada/towns-onnx')).toString('utf8');
  expect(onnxCard).toContain('library_name: transformers.js\n');
  expect(onnxCard).toContain(`pipeline('text-generation', "ada/towns-onnx", { dtype: "fp16" })`);
  expect(onnxCard).toContain('someone/tiny with a LoRA adapter of rank 3 merged into its weights');
  expect(pushed('onnx/model_fp16.onnx', 'ada/towns-onnx').length).toBeGreaterThan(10_000);

  // Another visit: the built-in model is loaded, and the token is gone.
  await page.reload();
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await library.open();
  const importing = page.getByRole('form', { name: 'Import from the Hugging Face Hub' });
  await importing.getByRole('textbox', { name: 'Hub id of an adapter' }).fill('ada/towns');
  await importing.getByText('Revision, token, another server').click();
  await importing.getByRole('textbox', { name: 'Server' }).fill(hub.endpoint);
  const panel = page.getByRole('region', { name: 'Import an adapter' });
  await importing.getByRole('button', { name: 'Look up' }).click();
  await expect(panel.getByRole('alert')).toContainText('ada/towns');
  await importing.getByLabel('Access token').fill('hf_write');
  await importing.getByRole('button', { name: 'Look up' }).click();
  await expect(panel.getByRole('status')).toContainText('rank 3');
  await expect(panel.getByRole('status')).toContainText('Its base is someone/tiny.');
  await panel.getByRole('button', { name: 'Load its base and import' }).click();
  await expect(page.getByText('Trained elsewhere and imported')).toBeVisible({ timeout: MINUTE_MS });
  const imported = page.getByRole('region', { name: /r 3$/ });
  await expect(imported.getByText('someone/tiny', { exact: true }).first()).toBeVisible();

  const { bytes } = await (await library.openExport(/r 3$/)).download('Adapter');
  const files = new Map(
    (await openZip(bytesSource(bytes, 'towns.zip'))).map((file) => [file.name.split('/').at(-1), file]),
  );
  const weights = files.get('adapter_model.safetensors');
  const back = weights && (await weights.read(0, weights.sizeBytes));
  expect(Buffer.from(back ?? []).equals(Buffer.from(pushed('adapter_model.safetensors')))).toBe(true);
  expect(JSON.parse(await readText(files.get('adapter_config.json')!)).base_model_name_or_path).toBe('someone/tiny');

  // Without the Hub: what was brought here opens all the same.
  await hub.close();
  await page.reload();
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const models = await train.openModels();
  await expect(models.getByRole('listitem').filter({ hasText: 'someone/tiny' })).toContainText(hub.endpoint);
  await models.getByRole('button', { name: 'Load someone/tiny' }).click();
  await expect(train.model.getByText('frozen')).toBeVisible({ timeout: MINUTE_MS });
  await expect(train.model).toContainText('The Hub cannot be asked: this is the copy that this browser keeps.');
  await library.open();
  const storage = page.getByRole('region', { name: 'Storage' });
  await storage.getByRole('button', { name: 'Delete the downloaded someone/tiny' }).click();
  await expect(storage).toContainText('No downloaded models are kept.');
});
