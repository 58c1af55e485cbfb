// The command line's ONNX folders: which files come out, what is said, what is refused. What the graphs compute is tested
// in src/onnx.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { exportTitle } from './exports/exportTitle.ts';
import { PARITY, runHere, temporaryFolder } from './testCli.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => `${folder}/${name}`;
const given = (name: string) => ['--model', `${PARITY}${name}/model`];
const adapter = (name: string) => ['--adapter', `${PARITY}${name}/adapter`];

function filesBelow(name: string): string[] {
  return readdirSync(at(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(at(name).length + 1))
    .sort();
}

const BESIDE = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];

test('merged, in each type, under the names that transformers.js asks for', async () => {
  for (const [dtype, fileName] of [
    ['f32', 'model.onnx'],
    ['f16', 'model_fp16.onnx'],
    ['q4', 'model_q4.onnx'],
  ] as const) {
    const args = [...given('mistral'), ...adapter('mistral'), '--format', 'onnx', '--dtype', dtype, '--out', at(dtype)];
    const { code, stdout, stderr } = await runHere(['export', ...args]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/as onnx: 5 files, \d+ bytes in/);
    // Of its matrices only those with 32 columns are whole blocks.
    expect(stderr).toMatch(dtype === 'q4' ? /^\d+ matrices stay f32, since no block of 32 divides the rows: / : /^$/);
    expect(filesBelow(dtype)).toEqual([...BESIDE, `onnx/${fileName}`].sort());
    const { 'transformers.js_config': loading } = JSON.parse(readFileSync(at(`${dtype}/config.json`), 'utf8'));
    expect(loading.dtype).toBe({ f32: 'fp32', f16: 'fp16', q4: 'q4' }[dtype]);
  }
});

test('with open adapters, each in a file of its own', async () => {
  const twice = [...adapter('gpt2'), ...adapter('gpt2')];
  const { code, stderr } = await runHere([
    ...['export', ...given('gpt2'), ...twice, '--format', 'onnx-adapters', '--targets', 'down', '--out', at('open')],
  ]);
  expect(code, stderr).toBe(0);
  const adapters = ['adapter-2', 'adapter'].map((name) => `adapters/${name}.safetensors`);
  expect(filesBelow('open')).toEqual([...BESIDE, ...adapters, 'adapters.js', 'onnx/model.onnx'].sort());
});

test('exports are called after the last part of a path or id', () => {
  const paths = ['runs/r8', 'runs/r8/', 'runs/other/../r8/.', 'you/r8@main', 'runs/r8.zip', 'you/some/r8.gguf'];
  expect(new Set(paths.map(exportTitle))).toEqual(new Set(['r8']));
});

test('what cannot be is refused by name', async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await runHere(['export', ...given('gpt2'), '--out', at('none'), ...args]);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused('--format', 'onnx', ...adapter('gpt2'), ...adapter('gpt2'))).toContain('onnx takes 1, got 2');
  expect(await refused('--format', 'onnx', '--dtype', 'q8')).toContain('onnx takes --dtype f32, f16, q4, got q8');
  expect(await refused('--format', 'onnx', '--targets', 'q')).toContain('not to onnx');
  expect(await refused('--format', 'onnx-adapters', '--targets', 'gate')).toContain('Target gate does not exist');
  const part = `${PARITY}gpt2/adapter/adapter_model.safetensors`;
  expect(await refused('--format', 'onnx', '--adapter', part)).toContain('give the folder that it lies in');
});
