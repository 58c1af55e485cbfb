// Weights that hold NaN: every command says so in one line, and none gives answers or scores made of it.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { PARITY, runCli, runHere, temporaryFolder } from './testCli.ts';

vi.setConfig({ testTimeout: 300_000 });

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes the first number of a tensor NaN. */
async function damage(path: string, tensor: RegExp): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path));
  const { tensors } = await readSafetensorsHeader(bytesSource(bytes, path));
  const info = [...tensors.values()].find(({ name }) => tensor.test(name))!;
  new DataView(bytes.buffer).setFloat32(info.offset, Number.NaN, true);
  writeFileSync(path, bytes);
}

const model = ['--model', `${folder}/model`];
const data = ['--data', `${PARITY}cli-bos/pairs.jsonl`];

beforeAll(async () => {
  cpSync(`${PARITY}cli-bos`, folder, { recursive: true });
  await damage(`${folder}/model/model.safetensors`, /layers\.0\.self_attn\.o_proj\.weight/);
  await damage(`${folder}/adapter/adapter_model.safetensors`, /lora_B/);
});

test.each([
  [
    'train',
    1,
    ['train', ...model, ...data, '--out', `${folder}/out`],
    /^Step 1: .* not finite, before anything was trained\. The weights/,
  ],
  [
    'generate',
    2,
    ['generate', ...model, '--prompt', 'name:', '--temperature', '1'],
    /^The logits are not finite numbers\. The weights/,
  ],
  [
    'evaluate',
    2,
    ['evaluate', ...model, ...data, '--limit', '2'],
    /^base: The loss of the row from line \d+ is not a finite number\. The weights/,
  ],
])('%s', async (_, exitCode, args, message) => {
  const { code, stdout, stderr } = await runCli(args);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(message);
  expect(stdout.trim()).toBe('');
  expect(code).toBe(exitCode);
});

test('an adapter', async () => {
  const sound = ['--model', `${PARITY}cli-bos/model`];
  const { code, stderr } = await runHere(['generate', ...sound, '--adapter', `${folder}/adapter`, '--prompt', 'a']);
  expect(stderr).toMatch(/adapter_model\.safetensors: .* holds numbers that are not finite/);
  expect(code).toBe(2);
});
