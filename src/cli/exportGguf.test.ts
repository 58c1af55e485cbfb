// The command line's GGUF files: written, inspected, taken again as model and adapter.
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { PARITY, runHere, temporaryFolder } from './testCli.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => `${folder}/${name}`;
const model = (name: string) => ['--model', `${PARITY}${name}/model`];
const adapter = (name: string) => ['--adapter', `${PARITY}${name}/adapter`];

async function well(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

test('a LoRA adapter: inspected, and merged as the PEFT folder that it was', async () => {
  for (const name of ['llama', 'gpt2']) {
    const lora = at(`${name}-lora.gguf`);
    const said = await well('export', ...model(name), ...adapter(name), '--format', 'gguf-lora', '--out', lora);
    expect(said).toMatch(/as gguf-lora: 1 file, \d+ bytes in/);
    const facts = await well('inspect', lora);
    expect(facts).toMatch(/^adapter +GGUF lora, scaled by alpha \/ rank$/m);
    expect(facts).toMatch(name === 'gpt2' ? /^target modules +attn_qkv$/m : /^target modules +attn_q, attn_v$/m);
    await well('merge', ...model(name), ...adapter(name), '--out', at(`${name}-peft`), '--dtype', 'f16');
    await well('merge', ...model(name), '--adapter', lora, '--out', at(`${name}-gguf`), '--dtype', 'f16');
    const weights = (kind: string) => readFileSync(at(`${name}-${kind}/model.safetensors`));
    expect(weights('gguf').equals(weights('peft'))).toBe(true);
  }
});

test('a model: merged and as it is, in each type, a file or a folder for it', async () => {
  const merged = at('merged.gguf');
  await well(
    'export',
    ...model('llama-rope-llama3'),
    ...adapter('llama-rope-llama3'),
    '--format',
    'gguf',
    '--dtype',
    'f32',
    '--out',
    merged,
  );
  const facts = await well('inspect', merged);
  expect(facts).toMatch(/^model +llama$/m);
  expect(facts).toMatch(/^stored as F32/m);
  const { stderr } = await runHere([
    'export',
    ...model('mistral'),
    '--format',
    'gguf',
    '--dtype',
    'q4',
    '--out',
    at('small'),
  ]);
  expect(stderr).toMatch(/matrices are F16, since no Q4_0 block divides their rows/);
  expect(readdirSync(at('small'))).toEqual(['model-Q4_0.gguf']);
  await well('merge', '--model', merged, ...adapter('llama-rope-llama3'), '--out', at('again'), '--dtype', 'f32');
});

describe('bad input', () => {
  const gguf = ['export', ...model('llama'), '--format', 'gguf'];
  test.each<[string, string[], RegExp]>([
    ['no format', ['export', ...model('llama'), '--out', at('x')], /^--format is missing/],
    [
      'an unknown format',
      ['export', ...model('llama'), '--out', at('x'), '--format', 'pth'],
      /^--format: expected .*gguf, gguf-lora/,
    ],
    ['no place', gguf, /^--out is missing/],
    [
      'a type that the format lacks',
      [...gguf.slice(0, 3), '--format', 'gguf-lora', ...adapter('llama'), '--dtype', 'q8', '--out', at('x')],
      /^--dtype: gguf-lora takes --dtype f32, f16, got q8/,
    ],
    [
      'no adapter',
      [...gguf.slice(0, 3), '--format', 'gguf-lora', '--out', at('x')],
      /^--adapter is missing; gguf-lora needs one/,
    ],
    [
      'two adapters',
      [...gguf, ...adapter('llama'), ...adapter('llama'), '--out', at('x')],
      /^--adapter: gguf takes 1, got 2/,
    ],
    [
      'another activation',
      ['export', ...model('gpt2-inner'), '--format', 'gguf', '--out', at('x')],
      /without the activation gelu/,
    ],
    [
      'a model as adapter',
      [
        'merge',
        ...model('llama'),
        '--adapter',
        fileURLToPath(new URL('../../e2e/fixtures/gguf/llama-biases.gguf', import.meta.url)),
        '--out',
        at('x'),
      ],
      /general\.type: expected "adapter", got "model"/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stderr } = await runHere(args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test('the model itself is not overwritten, nor is an adapter taken for one', async () => {
    cpSync(`${PARITY}llama/model`, at('own'), { recursive: true });
    const own = ['--model', at('own')];
    expect(await runHere(['export', ...own, '--format', 'gguf', '--out', at('own')])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/this is the model itself/),
    });
    const lora = at('own-lora.gguf');
    await well('export', ...own, ...adapter('llama'), '--format', 'gguf-lora', '--out', lora);
    const asModel = await runHere(['export', '--model', lora, '--format', 'gguf', '--out', at('y.gguf')]);
    expect(asModel.stderr).toMatch(/this is a LoRA adapter, not a model/);
  });
});
