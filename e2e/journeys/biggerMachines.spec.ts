// Bigger machines: a plan by arithmetic, the folder that starts there, and a run that went on there coming back.
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { bytesSource, readText } from '../../src/formats/byteSource.ts';
import { openZip } from '../../src/formats/zipReader.ts';
import { BiggerMachines } from '../pages/biggerMachines.ts';
import { LibraryPage } from '../pages/libraryPage.ts';
import { TrainPage } from '../pages/trainPage.ts';

const MINUTE_MS = 60_000;

/** What train.py wrote, after ten steps here and ten on PyTorch. */
const RESULT = fileURLToPath(new URL('../fixtures/continue/result', import.meta.url));

test('plans GPT-3 as the LoRA paper does, and takes a model of the Hub away to train it elsewhere', async ({
  page,
}) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const bigger = new BiggerMachines(page);
  await bigger.open();

  await bigger.chooseModel(/GPT-3/);
  await bigger.choose(/^Rank/, 4);
  await bigger.chooseMatrices('Wq', 'Wv');
  await expect(bigger.row('Trained parameters')).toContainText('18.9');
  await expect(bigger.row('Memory to train')).toContainText(/1\.40.TB.*349.GB/);
  await expect(bigger.row('Kept for each task')).toContainText(/349.GB.*37\.7.MB/);
  await expect(bigger.verdict).toContainText('It fits');
  await bigger.choose(/^Memory of each/, 24);
  await expect(bigger.verdict).toContainText('such GPUs would hold it');
  await expect(bigger.drawer.getByRole('button', { name: 'Download the folder' })).toBeDisabled();
  const { violations } = await new AxeBuilder({ page }).include('[role=dialog]').analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);

  await bigger.chooseModel(/SmolLM2 135M/);
  await expect(bigger.verdict).toContainText('It fits');
  const { name, bytes } = await bigger.download();
  const files = await openZip(bytesSource(bytes, name));
  const text = async (path: string) => readText(files.find((file) => file.name === path)!);
  const settings = JSON.parse(await text('settings.json'));
  expect(settings).toMatchObject({
    base: { kind: 'hub', id: 'HuggingFaceTB/SmolLM2-135M-Instruct' },
    adapter: { rank: 4, targets: ['q', 'v'] },
    data: { isEncoded: false, trainRows: 2600 },
    start: { step: 0 },
  });
  const [first] = (await text('data/train.jsonl')).split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({ line: 1, target: expect.stringContaining('SELECT') });
  expect(await text('configs/fsdp.yaml')).toContain('fsdp_version: 2');
  expect(await text('train.py')).toContain('from rankwise.order import DataOrder');
});

test('a run that went on elsewhere comes back with its curve', async ({ page }) => {
  const train = new TrainPage(page);
  await train.open();
  await train.waitUntilReady(2 * MINUTE_MS);
  const library = new LibraryPage(page);
  await library.open();
  await library.importFolder(RESULT);
  const detail = library.detail('sql-r4');
  await expect(detail).toContainText('Steps 11 to 20 were trained elsewhere');
  await expect(detail).toContainText('0.9478');
  await expect(detail.getByRole('figure', { name: /Loss/ })).toContainText('20');
});
