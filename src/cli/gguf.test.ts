// A GGUF file where a model folder can stand: inspected, trained on, merged into.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readLines, runCliWell, runHere, temporaryFolder } from './testCli.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GGUF = fileURLToPath(new URL('../../e2e/fixtures/gguf/', import.meta.url));
const SHARD = 'qwen2-untied-00002-of-00003.gguf';

test('inspect says what it is and how it is stored', async () => {
  const { code, stdout } = await runHere(['inspect', `${GGUF}mixed.gguf`]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^model +llama$/m);
  expect(stdout).toMatch(/^stored in +GGUF$/m);
  expect(stdout).toMatch(/^stored as Q4_K +1 tensor, 36864 bytes$/m);
  expect(stdout).toMatch(/^chat template +yes$/m);
});

test('any part of a split file opens the whole, where the others lie beside it', async () => {
  const { stdout } = await runHere(['inspect', GGUF + SHARD]);
  expect(stdout).toMatch(/^model +qwen2$/m);
  copyFileSync(GGUF + SHARD, `${folder}/${SHARD}`);
  const alone = await runHere(['inspect', `${folder}/${SHARD}`]);
  expect(alone).toMatchObject({ code: 2 });
  expect(alone.stderr).toContain('qwen2-untied-00001-of-00003.gguf, qwen2-untied-00003-of-00003.gguf: missing');
});

test('trains on quantized blocks; the adapter names the Hub id, and merges into the file', async () => {
  const rows = Array.from({ length: 8 }, (_, i) => ({ context: `name: House ${i}`, target: ` House ${i} is cheap.` }));
  writeFileSync(`${folder}/pairs.jsonl`, rows.map((row) => JSON.stringify(row)).join('\n'));
  const model = ['--model', `${GGUF}mixed.gguf`];
  await runCliWell(
    ...['train', ...model, '--data', `${folder}/pairs.jsonl`, '--out', `${folder}/adapter`, '--rank', '2'],
    ...['--steps', '6', '--batch', '8', '--lr', '1e-2', '--metrics', `${folder}/metrics.jsonl`],
  );
  const losses = readLines(`${folder}/metrics.jsonl`).map(({ loss }) => Number(loss));
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1);
  const config: unknown = JSON.parse(readFileSync(`${folder}/adapter/adapter_config.json`, 'utf8'));
  expect(config).toMatchObject({ base_model_name_or_path: 'someone/mixed-types' });
  expect(readFileSync(`${folder}/adapter/README.md`, 'utf8')).toContain('someone/mixed-types');

  const merge = ['merge', ...model, '--adapter', `${folder}/adapter`, '--out', `${folder}/merged`, '--dtype', 'f32'];
  expect(await runHere(merge)).toMatchObject({ code: 0 });
  const { stdout } = await runHere(['inspect', `${folder}/merged`]);
  expect(stdout).toMatch(/^stored as F32 +12 tensors/m);
  expect(stdout).toMatch(/^chat template +yes$/m);
});
