// A model and data of one's own, from disk or from a Hub: loaded, trained on, taken away, taken up again; and what the
// studio says of files that it cannot use. The models are the tiny ones of the parity tests.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { bytesSource, readText } from '../../src/formats/byteSource.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { openZip } from '../../src/formats/zipReader.ts';
import { startHub } from '../hub/server.ts';
import { ComparePage } from '../pages/comparePage.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
/** A Llama of 2 layers: hidden size 36, 3 heads of 14, one key–value head. */
const MODEL_FOLDER = fileURLToPath(new URL('../fixtures/parity/cli-bos/model', import.meta.url));
const MODEL = { layers: 2, hidden: 36, queries: 42, values: 14 };

const csv = (name: string, lines: readonly string[]) => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(lines.join('\n')),
});

/** What is learned stands first, under names that say nothing. */
const oddCsv = () =>
  csv('places.csv', [
    'Satz (de),"Was, wann?"',
    ...Array.from(
      { length: 24 },
      (_, i) => `"House ${i} serves soup for ${i} euros.","name: House ${i} | price: ${i}"`,
    ),
  ]);

let folder: string;
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankwise-journey-'));
});
test.afterEach(() => rmSync(folder, { recursive: true }));

test('own model folder and own CSV: columns mapped, trained, downloaded as PEFT saves it', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.chooseModelFolder(MODEL_FOLDER);
  await expect(train.model).toContainText('llama · 2 layers · 36 wide · 3 heads (1 key–value)');
  await train.loadModel();

  const drawer = await train.chooseDataFile(oddCsv());
  await expect(drawer.getByRole('heading', { name: /places\.csv.*csv/ })).toBeVisible();
  await train.mapColumns(drawer, { context: 'Was, wann?', target: 'Satz (de)' });
  await drawer.getByLabel('Prompt template').fill('{no such column}');
  await drawer.getByRole('button', { name: 'Use this template' }).click();
  await expect(drawer.getByRole('alert')).toContainText('no such column');
  await drawer.getByLabel('Prompt template').fill('{context} -> ');
  await drawer.getByRole('button', { name: 'Use this template' }).click();
  await expect(drawer.getByRole('alert')).toBeHidden();
  await train.closeDrawer();

  await train.chooseRank(3);
  await train.chooseSteps(4);
  await train.train();
  await train.waitUntilFinished(2 * MINUTE_MS);
  const { name, bytes } = await train.downloadAdapter();
  expect(name).toMatch(/\.zip$/);

  const files = new Map((await openZip(bytesSource(bytes, name))).map((file) => [file.name.split('/').at(-1), file]));
  const config = JSON.parse(await readText(files.get('adapter_config.json')!));
  expect(config).toMatchObject({ peft_type: 'LORA', r: 3, lora_alpha: 16 });
  expect([...config.target_modules].sort()).toEqual(['q_proj', 'v_proj']);
  const { tensors } = await readSafetensorsHeader(files.get('adapter_model.safetensors')!);
  const shapes = Object.fromEntries([...tensors].map(([key, { shape }]) => [key, [...shape]]));
  const expected = Array.from({ length: MODEL.layers }, (_, layer) => {
    const prefix = `base_model.model.model.layers.${layer}.self_attn`;
    return {
      [`${prefix}.q_proj.lora_A.weight`]: [3, MODEL.hidden],
      [`${prefix}.q_proj.lora_B.weight`]: [MODEL.queries, 3],
      [`${prefix}.v_proj.lora_A.weight`]: [3, MODEL.hidden],
      [`${prefix}.v_proj.lora_B.weight`]: [MODEL.values, 3],
    };
  });
  expect(shapes).toEqual(Object.assign({}, ...expected));
});

test('a Hub id is looked up, then downloaded through its redirects and loaded', async ({ page }) => {
  const hub = await startHub({ repos: { 'someone/tiny': MODEL_FOLDER } });
  try {
    const train = new TrainPage(page);
    await train.open();
    await train.waitUntilReady(2 * MINUTE_MS);
    await train.chooseHubModel('someone/tiny', 'main', hub.endpoint);
    await expect(train.model).toContainText(/32\.8\sk parameters/);
    await expect(train.model).toContainText('someone/tiny');
    await train.loadModel();
    expect(hub.requests.some(({ origin }) => origin === 'store')).toBe(true);

    await train.chooseHubModel('someone/absent', 'main', hub.endpoint);
    await expect(train.model.getByRole('alert')).toContainText('someone/absent');
  } finally {
    await hub.close();
  }
});

test('bad rows are listed by line and reason, and the rest trains; with none left, training is refused until other columns are chosen; a table without names is read as one', async ({
  page,
}) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const rows = Array.from({ length: 12 }, (_, i) => `question ${i},answer ${i}`);
  const drawer = await train.chooseDataFile(
    csv('some-bad.csv', ['context,target', ...rows, 'no target at all', 'an empty one,', 'question 20,answer 20']),
  );
  await expect(drawer.getByRole('heading', { name: '2 rows left out' })).toBeVisible();
  const problems = drawer.getByRole('table').getByRole('row');
  await expect(problems.nth(1).getByRole('cell').nth(0)).toHaveText('14');
  await expect(problems.nth(1).getByRole('cell').nth(1)).toHaveText('1 cell, expected 2');
  await expect(problems.nth(2).getByRole('cell').nth(0)).toHaveText('15');
  await expect(problems.nth(2).getByRole('cell').nth(1)).toContainText('empty');
  await train.closeDrawer();
  await train.waitUntilReady();

  const refused = await train.chooseDataFile(
    csv('all-bad.csv', ['context,target,other', 'a question,,yes', 'another,  ,no']),
  );
  await expect(refused.getByRole('alert')).toContainText('all-bad.csv: no row can be used: line 2');
  await expect(refused.getByRole('alert')).toContainText('empty');
  await train.closeDrawer();
  await expect(train.data.getByRole('alert')).toContainText('all-bad.csv');
  await expect(train.trainButton).toBeDisabled();

  await train.data.getByRole('button', { name: 'Columns and rows' }).click();
  await expect(refused.getByRole('heading', { name: '2 rows left out' })).toBeVisible();
  await train.mapColumns(refused, { context: 'context', target: 'other' });
  await expect(refused.getByRole('alert')).toBeHidden();
  await train.closeDrawer();
  await train.waitUntilReady();

  const asked = Array.from({ length: 10 }, (_, i) => `Where is house ${i}?,House ${i} is by the river.`);
  const headless = await train.chooseDataFile(csv('no-names.csv', asked));
  const firstRow = headless.getByRole('combobox', { name: 'First row' });
  await expect(firstRow).toHaveValue('data');
  await expect(headless.getByText('9 rows to train on, 1 held out')).toBeVisible();
  await expect(headless.getByRole('combobox', { name: /^Target/ })).toHaveValue('column 2');
  await firstRow.selectOption('names the columns');
  await expect(headless.getByRole('combobox', { name: /^Context/ })).toHaveValue('Where is house 0?');
  await expect(headless.getByText('8 rows to train on, 1 held out')).toBeVisible();
  await train.closeDrawer();
});

test('a model folder that cannot be used is refused by its reason, and the way back is offered', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const alert = train.model.getByRole('alert');

  const noConfig = join(folder, 'no-config');
  cpSync(MODEL_FOLDER, noConfig, { recursive: true });
  rmSync(join(noConfig, 'config.json'));
  await train.chooseModelFolder(noConfig);
  await expect(alert).toContainText(/config\.json: missing/);

  const otherType = join(folder, 'other-type');
  cpSync(MODEL_FOLDER, otherType, { recursive: true });
  const config = JSON.parse(readFileSync(join(MODEL_FOLDER, 'config.json'), 'utf8'));
  writeFileSync(join(otherType, 'config.json'), JSON.stringify({ ...config, model_type: 'mamba' }));
  await train.chooseModelFolder(otherType);
  await expect(alert).toContainText('model_type "mamba" is not supported');
  for (const supported of ['gpt2', 'llama', 'mistral', 'qwen2', 'qwen3']) await expect(alert).toContainText(supported);
  await expect(train.trainButton).toBeDisabled();

  await alert.getByRole('button', { name: 'Use the built-in model' }).click();
  await train.waitUntilReady(2 * MINUTE_MS);
});

test('a page closed in mid-run: the run is resumed from what was saved, and its curve has no gap', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.chooseModelFolder(MODEL_FOLDER);
  await train.loadModel();
  const drawer = await train.chooseDataFile(oddCsv());
  await train.mapColumns(drawer, { context: 'Was, wann?', target: 'Satz (de)' });
  await train.closeDrawer();
  await train.chooseSteps(5000);
  await train.openMoreSettings();
  await train.setting(/^Save every/).fill('5');
  await train.setting(/^Validate every/).fill('0');
  await train.train();
  await train.waitForStep(12, 3 * MINUTE_MS);
  await page.reload();

  await expect(train.go).toContainText(/is unfinished: saved at step [\d,]+ of 5,000/, { timeout: MINUTE_MS });
  const savedAt = Number(/saved at step ([\d,]+)/.exec((await train.go.textContent()) ?? '')?.[1]?.replaceAll(',', ''));
  expect(savedAt).toBeGreaterThanOrEqual(5);
  expect(savedAt % 5).toBe(0);
  await train.waitUntilReady(2 * MINUTE_MS);
  // Files cannot be read again without their owner: the folder is chosen once more.
  await train.chooseModelFolder(MODEL_FOLDER);
  await train.loadModel();
  await train.go.getByRole('button', { name: 'Resume it' }).click();
  await train.waitForStep(savedAt + 10, 3 * MINUTE_MS);
  await train.stop();

  const library = new LibraryPage(page);
  await library.open();
  const compare = new ComparePage(page);
  await compare.open(await library.runId());
  const steps = await compare.curve();
  expect(steps.length).toBeGreaterThanOrEqual(savedAt + 10);
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
});
