// A GGUF file as the model: one file is picked, trained on in the blocks that it has, and named by what it says.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { bytesSource, readText } from '../../src/formats/byteSource.ts';
import { openZip } from '../../src/formats/zipReader.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/gguf/${name}`, import.meta.url));

test('one file is a model: its types shown, trained on as they are, the adapter under its Hub id', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  await train.chooseModelFiles([fixture('mixed.gguf')]);
  await expect(train.model).toContainText('mixed');
  await expect(train.model).toContainText('llama · 1 layers · 256 wide · 4 heads (1 key–value)');
  await expect(train.model).toContainText(/GGUF: Q8_0 109\skB, .*Q4_K 36\.9\skB/);
  await train.loadModel();
  await expect(train.model.getByRole('radio', { name: /as in the file/ })).toBeChecked();

  const lines = Array.from({ length: 16 }, (_, i) => `House ${i},soup for ${i}`);
  const buffer = Buffer.from(['context,target', ...lines].join('\n'));
  await train.chooseDataFile({ name: 'houses.csv', mimeType: 'text/csv', buffer });
  await train.closeDrawer();
  // Its rows are short, which cut the built-in task's down; a file of one's own starts from the standard settings anyhow.
  await train.openMoreSettings();
  await expect(train.setting(/^Longest row/)).toHaveValue('64');
  await expect(train.setting(/^Warm-up/)).toHaveValue('0');
  await train.chooseRank(2);
  await train.chooseSteps(3);
  await train.train();
  await train.waitUntilFinished(2 * MINUTE_MS);
  expect(Number(await train.readout('Loss'))).toBeGreaterThan(0);
  const { name, bytes } = await train.downloadAdapter();
  const files = await openZip(bytesSource(bytes, name));
  const config = files.find((file) => file.name.endsWith('adapter_config.json'));
  if (!config) throw new Error('no adapter_config.json');
  expect(JSON.parse(await readText(config))).toMatchObject({ base_model_name_or_path: 'someone/mixed-types', r: 2 });

  // It leaves as a GGUF file too, comes in as one, and leaves as the folder that it was.
  const library = new LibraryPage(page);
  await library.open();
  await library.openRun(/./);
  const lora = await (await library.openExport(/./)).download('Adapter in GGUF');
  await library.importZip(lora);
  const imported = lora.name.replace('.gguf', '');
  await expect(library.detail(imported).getByText('Trained elsewhere and imported')).toBeVisible();
  const again = await (await library.openExport(imported)).download('Adapter');
  const weights = async (zip: { name: string; bytes: Uint8Array }) => {
    const all = await openZip(bytesSource(zip.bytes, zip.name));
    const file = all.find(({ name }) => name.endsWith('adapter_model.safetensors'));
    return file && Buffer.from(await file.read(0, file.sizeBytes)).toString('base64');
  };
  expect(await weights(again)).toBe(await weights({ name, bytes }));
});

test('the parts of a split file open together; a part alone and a file cut short say what to do', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const parts = [1, 2, 3].map((part) => fixture(`qwen2-untied-0000${part}-of-00003.gguf`));
  await train.chooseModelFiles(parts.slice(1));
  await expect(train.model.getByRole('alert')).toContainText('qwen2-untied-00001-of-00003.gguf: missing');
  const whole = readFileSync(fixture('mixed.gguf'));
  const buffer = whole.subarray(0, whole.length - 1000);
  await train.chooseModelFiles({ name: 'short.gguf', mimeType: 'application/octet-stream', buffer });
  await expect(train.model.getByRole('alert')).toContainText('it is cut short, fetch it again');
  await train.chooseModelFiles(parts);
  await expect(train.model).toContainText('qwen2 · 2 layers');
});
