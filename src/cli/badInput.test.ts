// Bad input: exit code 2, and one line on standard error that names what is wrong. No GPU is opened for it.
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { PARITY, readLines, runCli, runCliWell, runHere, temporaryFolder } from './testCli.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bos = `${PARITY}cli-bos`;
const model = ['--model', `${bos}/model`];
const data = ['--data', `${bos}/pairs.jsonl`];
const out = ['--out', `${folder}/out`];

function written(name: string, text: string): string {
  writeFileSync(`${folder}/${name}`, text);
  return `${folder}/${name}`;
}

function changedModel(name: string, change: (config: Record<string, unknown>) => void): string {
  cpSync(`${bos}/model`, `${folder}/${name}`, { recursive: true });
  const config = JSON.parse(readFileSync(`${bos}/model/config.json`, 'utf8'));
  change(config);
  writeFileSync(`${folder}/${name}/config.json`, JSON.stringify(config));
  return `${folder}/${name}`;
}

function incomplete(name: string, ...left: string[]): string {
  mkdirSync(`${folder}/${name}`);
  for (const file of left) copyFileSync(`${bos}/model/${file}`, `${folder}/${name}/${file}`);
  return `${folder}/${name}`;
}

const badRows = written('bad.jsonl', '{"context": "a"}\nnot json\n{"context": null, "target": "b"}\n');
const mamba = changedModel('mamba', (config) => {
  config.model_type = 'mamba';
});
const wider = changedModel('wider', (config) => {
  config.hidden_size = 39;
  config.head_dim = 14;
});
const tall = changedModel('tall', (config) => {
  config.num_hidden_layers = 1e9;
});
const noWeights = incomplete('no-weights', 'config.json', 'tokenizer.json');
const cut = incomplete('cut', 'config.json', 'tokenizer.json');
writeFileSync(`${cut}/model.safetensors`, readFileSync(`${bos}/model/model.safetensors`).subarray(0, 50_000));

mkdirSync(`${folder}/taken/state`, { recursive: true });
written('taken/state/notes.txt', 'of somebody');

const init = ['--init-adapter', `${bos}/adapter`];
const train = ['train', ...model, ...data, ...out];

test.each<[string, string[], RegExp]>([
  ['no such command', ['trian'], /^trian: no such command; there are train, generate/],
  ['an unknown flag', [...train, '--ranks', '4'], /^--ranks is no flag of this command; it has --model, --data/],
  ['a word too many', [...train, 'more'], /^train: more belongs to no flag/],
  ['a flag missing', ['train', ...model, ...out], /^--data is missing/],
  ['a flag twice', [...train, '--lr', '1', '--lr', '2'], /^--lr is given 2 times/],
  ['a number that is none', [...train, '--lr', 'fast'], /^--lr: expected a number from 0, got "fast"/],
  ['a negative number', [...train, '--lr', '-1e-3'], /^--lr: expected a number from 0, got "-1e-3"/],
  [
    'more steps than are planned',
    [...train, '--steps', '1000001'],
    /^--steps: expected a whole number from 1 to 1000000/,
  ],
  ['more epochs', [...train, '--epochs', '1e6'], /^--epochs makes 3000000 steps; at most 1000000 are planned/],
  ['half a row', [...train, '--batch', '2.5'], /^--batch: expected a whole number from 1, got "2.5"/],
  ['a rank too high', [...train, '--rank', '257'], /^--rank: expected a whole number from 1 to 256, got "257"/],
  ['steps and epochs', [...train, '--steps', '1', '--epochs', '1'], /^--steps and --epochs/],
  ['an unknown target', [...train, '--targets', 'q,x'], /^--targets: expected some of q, k, v, o, .* got "x"/],
  ['a target of other models', [...train, '--targets', 'qkv'], /^Target qkv does not exist in a llama model/],
  ['one beta', [...train, '--betas', '0.9'], /^--betas: expected two numbers/],
  ['momentum for AdamW', [...train, '--momentum', '0.9'], /^--momentum is for --optimizer sgd/],
  [
    'a schedule there is not',
    [...train, '--schedule', 'step'],
    /^--schedule: expected constant, linear, cosine, got "step"/,
  ],
  ['no such data', ['train', ...model, ...out, '--data', `${folder}/none.csv`], /none\.csv: no such file/],
  ['no such model', ['train', '--model', `${folder}/none`, ...data, ...out], /none: no such folder/],
  [
    'an unsupported family',
    ['train', '--model', mamba, ...data, ...out],
    /config\.json: model_type "mamba" is not supported\. Supported: gpt2, llama, mistral/,
  ],
  [
    'weights that do not fit the config',
    ['train', '--model', wider, ...data, ...out],
    /model\.safetensors: model\.embed_tokens\.weight has shape \[400,36\]; config\.json says \[400,39\]/,
  ],
  ['more layers than anyone has', ['train', '--model', tall, ...data, ...out], /num_hidden_layers: Too big/],
  ['weights of no known kind', [...train, '--weights', 'q3'], /^--weights: expected .*q4, nf4/],
  ['a format of files, for safetensors', [...train, '--weights', 'file'], /^--weights file is for GGUF files/],
  ['no weights', ['train', '--model', noWeights, ...data, ...out], /model\.safetensors: missing/],
  [
    'weights cut short',
    ['train', '--model', cut, ...data, ...out],
    /model\.safetensors: expected \d+ bytes, got 50000; it is cut short/,
  ],
  [
    'rows that are all bad',
    ['train', ...model, ...out, '--data', badRows],
    /bad\.jsonl: no row can be used: line 1: column "target" is missing \(and 2 more rows left out\)/,
  ],
  ['a template field there is not', [...train, '--template', '{question}'], /template: there is no column "question"/],
  ['a context without its target', [...train, '--context', 'question'], /--context and --target go together/],
  ['a column there is not', [...train, '--context', 'question', '--target', 'target'], /no column "question"/],
  ['two readings', [...train, '--text', 'a', '--messages', 'b'], /only one of the three/],
  [
    'a first row that is neither',
    [...train, '--first-row', 'second'],
    /--first-row: expected names, data, got "second"/,
  ],
  ['an adapter as model', ['train', '--model', `${bos}/adapter`, ...data, ...out], /this is an adapter/],
  [
    'an adapter of another model',
    [...train, '--init-adapter', `${PARITY}cli-plain/adapter`],
    /target_modules names nothing that this llama model has/,
  ],
  [
    'a rank that contradicts',
    [...train, ...init, '--rank', '8'],
    /^--rank 8 contradicts --init-adapter .*, whose rank is 4; leave the flag out/,
  ],
  [
    'an alpha that contradicts',
    [...train, ...init, '--alpha', '16'],
    /^--alpha 16 contradicts --init-adapter .*, whose alpha is 8/,
  ],
  [
    'targets that contradict',
    [...train, ...init, '--targets', 'q'],
    /^--targets q contradicts --init-adapter .*, whose targets are q,v/,
  ],
  ['a scaling that contradicts', [...train, ...init, '--rslora'], /^--rslora contradicts --init-adapter/],
  ['metrics nowhere', [...train, '--metrics', `${folder}/none/m.jsonl`], /none: no such folder/],
  [
    'metrics over another file',
    [...train, '--metrics', badRows],
    /^--metrics: .*bad\.jsonl is there and holds no metrics; choose another file/,
  ],
  [
    'out with a state folder of somebody else',
    ['train', ...model, ...data, '--out', `${folder}/taken`],
    /taken\/state: there is something else than a run's state; choose another --out/,
  ],
  ['out is the model', ['train', ...model, ...data, '--out', `${bos}/model`], /^--out: .* is the model itself/],
  ['nothing to resume', ['train', ...model, ...data, '--resume', folder], /no saved run there/],
  ['no prompt', ['generate', ...model], /^--prompt is missing/],
  ['no tokens', ['logits', ...model, '--ids', '', '--out', `${folder}/l.npy`], /^--ids is missing/],
  [
    'a token outside',
    ['logits', ...model, '--ids', '1,400', '--out', `${folder}/l.npy`],
    /^400 is not a token: the vocabulary has 400/,
  ],
  [
    'a dtype there is not',
    ['merge', ...model, '--adapter', `${bos}/adapter`, ...out, '--dtype', 'f8'],
    /^--dtype: expected f32, f16, bf16, got "f8"/,
  ],
  [
    'merging into the model',
    ['merge', ...model, '--adapter', `${bos}/adapter`, '--out', `${bos}/model`],
    /^--out: .* is the model itself/,
  ],
  [
    'merging into the adapter',
    ['merge', ...model, '--adapter', `${bos}/adapter`, '--out', `${bos}/adapter`],
    /^--out: .* is the adapter itself, which a model would hide/,
  ],
  [
    'merging into a file',
    ['merge', ...model, '--adapter', `${bos}/adapter`, '--out', `${bos}/pairs.jsonl`],
    /pairs\.jsonl: cannot be made a folder: a file has this name/,
  ],
  [
    'answers over the data',
    ['evaluate', ...model, ...data, '--answers', `${bos}/pairs.jsonl`],
    /^--answers: .*pairs\.jsonl is the data itself/,
  ],
  [
    'answers that nobody asks for',
    ['evaluate', ...model, ...data, '--max-new-tokens', '4'],
    /^--max-new-tokens is for answers; add --generate/,
  ],
  ['nothing to inspect', ['inspect', `${folder}/none`], /none: no such file or folder/],
])('%s', async (_, args, message) => {
  const { code, stdout, stderr } = await runHere(args);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n').length).toBe(1);
  expect(code).toBe(2);
  expect(stdout).toBe('');
});

test('the process ends with that code', async () => {
  const { code, stderr } = await runCli(['inspect', `${folder}/none`]);
  expect([code, stderr]).toEqual([2, `${folder}/none: no such file or folder\n`]);
});

describe('what is not quite right', () => {
  test('flags that agree with --init-adapter are taken, and a bad row is named and left out', async () => {
    const rows = readFileSync(`${bos}/pairs.jsonl`, 'utf8').split('\n');
    const some = written(
      'some.jsonl',
      [rows[0], '{"context": "a", "target": ', rows[1], '{"context": "b", "target": ""}'].join('\n'),
    );
    const agreeing = ['--rank', '4', '--alpha', '8', '--targets', 'v,q'];
    const metrics = `${folder}/some-metrics.jsonl`;
    const run = ['--steps', '2', '--batch', '2', '--no-shuffle', '--metrics', metrics, '--validation', '0.5'];
    const { stdout, stderr } = await runCliWell(
      'train',
      ...model,
      '--data',
      some,
      ...out,
      ...init,
      ...agreeing,
      ...run,
    );
    expect(stderr).toContain('A step takes 2 rows and there are 1: some come several times in it\n');
    expect(stderr).toMatch(/some\.jsonl: line 2 is left out: .*\n.*some\.jsonl: line 4 is left out: .*\n/);
    expect(stdout).toMatch(
      /^Validation on 1 rows: loss [\d.]+, perplexity [\d.]+, token accuracy [\d.]+ %\nTrained 2 steps/,
    );
    expect(readLines(metrics).length).toBe(2);
    expect(stderr).not.toContain('\r');
  });

  test('a loss that is not finite stops the run and keeps the last good adapter', async () => {
    const metrics = `${folder}/diverged.jsonl`;
    const run = ['--optimizer', 'sgd', '--lr', '1e30', '--clip', '0', '--steps', '9', '--metrics', metrics];
    const { code, stderr } = await runCli(['train', ...model, ...data, '--out', `${folder}/diverged`, ...init, ...run]);
    expect(code).toBe(1);
    const steps = readLines(metrics).length;
    expect(stderr).toContain(
      `Step ${steps + 1}: the loss or its gradient is not finite. The adapter as it was after step ${steps} is in`,
    );
    const bytes = readFileSync(`${folder}/diverged/adapter_model.safetensors`);
    expect(bytes.length).toBe(readFileSync(`${bos}/adapter/adapter_model.safetensors`).length);
  });
});
