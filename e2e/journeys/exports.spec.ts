// Taking a run away: one short run of the built-in model, then every destination of the Library's export panel, each
// opened by the tool that it is meant for or by our own reader of its format; into a folder; cancelled; without WebGPU.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { type ByteSource, bytesSource } from '../../src/formats/byteSource.ts';
import { openModelFolder, openWeights } from '../../src/formats/openModel.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { openZip } from '../../src/formats/zipReader.ts';
import { browserFlags, findOrInstallBrowser } from '../browser.ts';
import { openAdapterInputs, openOnnx } from '../exported/onnxText.ts';
import { cliText, parametersOf, parsed, unpack } from '../exported/opened.ts';
import type { ExportPanel } from '../pages/exportPanel.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { PickedFolder } from '../pages/pickedFolder.ts';
import { PlaygroundPage } from '../pages/playgroundPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

test.describe.configure({ mode: 'serial' });

const MINUTE_MS = 60_000;
const RUN = 'To be taken away';
const STEPS = 12;
const PROMPT = 'table: town | score | river\nquestion: which town has the highest score?\n';

let profile: string;
let context: BrowserContext;
let page: Page;
/** What base and adapter say to PROMPT in the Playground, greedy. */
const said = { base: '', adapter: '' };
/** The adapter's parameters as they left in PEFT's folder. */
let learned: Float32Array;

/** A profile that outlives the browser: the last journey opens it again without WebGPU. */
async function openBrowser(baseURL: string | undefined, args: string[]): Promise<void> {
  const executablePath = findOrInstallBrowser();
  context = await chromium.launchPersistentContext(profile, { executablePath, args, acceptDownloads: true, baseURL });
  page = context.pages()[0] ?? (await context.newPage());
}

/** Answers that the base would not give, so that few steps suffice to hear the adapter. */
function fewRows() {
  const rows = Array.from({ length: 24 }, (_, i) => ({
    context: `table: town | score\nquestion: which town is number ${i}?\n`,
    target: `none of them`,
  }));
  const buffer = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  return { name: 'towns.jsonl', mimeType: 'application/jsonl', buffer };
}

async function trainOnce(): Promise<void> {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.chooseDataFile(fewRows());
  await train.closeDrawer();
  await train.waitUntilReady();
  await train.chooseRank(4);
  await train.chooseSteps(STEPS);
  await train.setting(/^Learning rate/).fill('0.01');
  await train.train();
  await train.waitUntilFinished(4 * MINUTE_MS);
}

async function openExport(): Promise<ExportPanel> {
  const library = new LibraryPage(page);
  await library.open();
  await library.openRun(RUN);
  return library.openExport(RUN);
}

test.beforeAll(async ({ baseURL }) => {
  test.setTimeout(10 * MINUTE_MS);
  profile = mkdtempSync(join(tmpdir(), 'rankwise-exports-'));
  await openBrowser(baseURL, browserFlags());
  await trainOnce();
  const library = new LibraryPage(page);
  await library.open();
  await library.openRun(/r 4$/);
  await library.rename(/r 4$/, RUN);
  await library.detail(RUN).getByRole('link', { name: 'Try in Playground' }).click();
  const playground = new PlaygroundPage(page);
  await playground.prompt.waitFor({ timeout: MINUTE_MS });
  await expect(playground.columns()).toHaveCount(2);
  await playground.ask(PROMPT);
  said.base = (await playground.answer('Base')).trim();
  said.adapter = (await playground.answer(/To be/)).trim();
  expect(said.adapter).not.toBe(said.base);
});

test.afterAll(async () => {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
});

test('the adapter as a PEFT folder and as a GGUF file: both hold what its matrices have learned', async () => {
  const panel = await openExport();
  const { name, bytes } = await panel.download('Adapter');
  expect(name).toBe('To-be-taken-away.zip');
  const files = await openZip(bytesSource(bytes, name));
  expect(files.map((file) => file.name).sort()).toEqual([
    'README.md',
    'adapter_config.json',
    'adapter_model.safetensors',
  ]);
  learned = await parametersOf(files);
  expect(learned.every((value) => value !== 0)).toBe(true);

  const lora = await panel.download('Adapter in GGUF');
  expect(lora.name).toBe('To-be-taken-away-lora.gguf');
  expect(await parametersOf([bytesSource(lora.bytes, lora.name)])).toEqual(learned);
});

test('the merged model as a transformers folder: alone it says what base and adapter said', async () => {
  const taken = await (await openExport()).download('Merged model', 'f16');
  expect(taken.name).toBe('To-be-taken-away-merged-f16.zip');
  const folder = join(profile, 'merged');
  expect(unpack(taken, folder)).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']));
  expect(await cliText(PROMPT, '--model', folder)).toBe(said.adapter);
});

test('the merged model as one GGUF file: alone it says the same, and fewer bits make it smaller', async () => {
  const panel = await openExport();
  const taken = await panel.download('Merged model in GGUF', 'F16');
  expect(taken.name).toBe('To-be-taken-away-F16.gguf');
  unpack(taken, profile);
  expect(await cliText(PROMPT, '--model', join(profile, taken.name))).toBe(said.adapter);

  const sizes = [taken.bytes.length];
  for (const type of ['Q8_0', 'Q4_0']) {
    const { name, bytes } = await panel.download('Merged model in GGUF', type);
    const folder = await openModelFolder([bytesSource(bytes, name)]);
    if (folder.kind !== 'model') throw new Error(`${name}: no model`);
    const types = [...(await openWeights(folder)).tensors.values()].map(({ info }) => info.dtype);
    expect(types).toContain(type);
    sizes.push(bytes.length);
  }
  expect(sizes.toSorted((a, b) => b - a)).toEqual(sizes);
});

test('the merged model in ONNX: onnxruntime-web says the same in f16, and runs 4 bits', async () => {
  const panel = await openExport();
  const { name, bytes } = await panel.download('Merged model in ONNX', 'f16');
  expect(name).toBe('To-be-taken-away-onnx-f16.zip');
  const files = await openZip(bytesSource(bytes, name));
  const names = ['config.json', 'tokenizer.json', 'onnx/model_fp16.onnx'];
  expect(files.map((known) => known.name)).toEqual(expect.arrayContaining(names));
  expect(await (await openOnnx(files)).answer(PROMPT)).toBe(said.adapter);

  const small = await panel.download('Merged model in ONNX', 'q4');
  expect(small.bytes.length).toBeLessThan(bytes.length);
  const { answer } = await openOnnx(await openZip(bytesSource(small.bytes, small.name)));
  expect((await answer(PROMPT)).length).toBeGreaterThan(0);
});

test('the base with open adapters: base and adapter over one session, switched with every call', async () => {
  const library = new LibraryPage(page);
  const own = await (await openExport()).download('Adapter');
  await library.importZip(own);
  await expect(library.detail(RUN).getByText('Trained elsewhere and imported')).toBeVisible();
  await library.rename(RUN, 'The same, imported');
  const panel = await openExport();
  const alone = await panel.size('Base with open adapters');
  await panel.takeAlong('Base with open adapters', 'The same, imported');
  await expect.poll(() => panel.size('Base with open adapters')).not.toBe(alone);
  const { name, bytes } = await panel.download('Base with open adapters', 'f32');
  const files = await openZip(bytesSource(bytes, name));
  const adapters = ['adapters/To-be-taken-away.safetensors', 'adapters/The-same-imported.safetensors'];
  expect(files.map((file) => file.name)).toEqual(expect.arrayContaining(adapters));
  const { session, answer } = await openOnnx(files);
  expect(await answer(PROMPT, await openAdapterInputs(files, session, adapters[0]))).toBe(said.adapter);
  expect(await answer(PROMPT, await openAdapterInputs(files, session))).toBe(said.base);
});

async function tensorNames(files: readonly ByteSource[], name: string): Promise<string[]> {
  const file = files.find((known) => known.name === name);
  if (!file) throw new Error(`no ${name}`);
  return [...(await readSafetensorsHeader(file)).tensors.keys()].sort();
}

test('continue elsewhere, of a finished run: a folder with the script, every row, the adapter and its moments', async () => {
  const { name, bytes } = await (await openExport()).download('Continue elsewhere');
  expect(name).toBe('To-be-taken-away-continue.zip');
  const files = await openZip(bytesSource(bytes, name));
  expect(files.map((file) => file.name)).toEqual(expect.arrayContaining(['train.py', 'requirements.txt', 'README.md']));
  for (const file of files.filter((known) => /\.jsonl?$/.test(known.name))) await parsed(file);
  const inFolder = files.filter((file) => file.name.startsWith('adapter/'));
  expect(await parametersOf(inFolder)).toEqual(learned);
  const weights = await tensorNames(files, 'adapter/adapter_model.safetensors');
  const moments = weights.flatMap((known) => [`exp_avg/${known}`, `exp_avg_sq/${known}`]);
  expect(await tensorNames(files, 'state/optimizer.safetensors')).toEqual(moments.sort());
  const progress = files.find((file) => file.name === 'state/progress.json');
  expect(progress && (await parsed(progress))).toMatchObject([{ step: STEPS }]);
});

test('into a folder: each export in one of its own; cancelled, nothing is left of it', async () => {
  const panel = await openExport();
  const folder = new PickedFolder(page);
  await folder.standIn();
  await panel.choosePlace('folder');
  await panel.start('Adapter');
  expect(await panel.written('Adapter')).toBe('It is in picked/To-be-taken-away.');
  const adapter = ['README.md', 'adapter_config.json', 'adapter_model.safetensors'];
  expect(await folder.files()).toEqual(adapter.map((name) => `To-be-taken-away/${name}`));
  await panel.start('Merged model in ONNX');
  expect(await panel.written('Merged model in ONNX')).toBe('It is in picked/To-be-taken-away-onnx-f32.');
  expect(await folder.files()).toContain('To-be-taken-away-onnx-f32/onnx/model.onnx');

  const before = await folder.files();
  await panel.cancelAtOnce('Merged model');
  expect(await folder.files()).toEqual(before);
});

test('the export panel is accessible and fits 360 pixels, light and dark', async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  const panel = await openExport();
  await expect(panel.button('Continue elsewhere')).toBeEnabled();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${colorScheme}: ${id} ${nodes[0]?.html}`)).toEqual([]);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('without WebGPU a run of the built-in model still leaves merged', async ({ baseURL }) => {
  await context.close();
  await openBrowser(baseURL, ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU']);
  const panel = await openExport();
  const { name, bytes } = await panel.download('Merged model', 'f32');
  const files = await openZip(bytesSource(bytes, name));
  expect(files.map((file) => file.name)).toContain('model.safetensors');
});
