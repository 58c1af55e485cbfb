// Models and adapters by their Hub ids, and pushing, against a server on this machine that speaks the Hub's API.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type HubServer, startHub } from '../../e2e/hub/server.ts';
import { proxyNote } from './hub/hubAccess.ts';
import { parseHubPath } from './hub/hubPath.ts';
import { openLocalModel } from './modelFolder.ts';
import { PARITY, runHere, temporaryFolder } from './testCli.ts';

const MODEL = join(PARITY, 'cli-bos/model');
const ADAPTER = join(PARITY, 'cli-bos/adapter');

let folder: string;
let hub: HubServer;

beforeEach(async () => {
  folder = temporaryFolder();
  hub = await startHub({
    repos: {
      'someone/tiny': MODEL,
      'someone/tiny-lora': ADAPTER,
      'someone/gated': MODEL,
      'rankwise-fixtures/cli-bos': MODEL,
    },
    gated: { 'someone/gated': 'hf_reader' },
    accounts: { hf_write: { name: 'ada', canWrite: true } },
    pushedTo: join(folder, 'hub'),
    partBytes: 20_000,
  });
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  rmSync(folder, { recursive: true });
});

const fetches = () => hub.requests.filter(({ path }) => path.includes('/resolve/')).length;

function pushed(name: string, branch = 'main'): Buffer {
  const at = hub.repo('ada/tiny')?.branches.get(branch) ?? expect.fail('no such branch');
  return readFileSync(join(at.folder, name));
}

test('a model by its id is downloaded once, and opened without the Hub after that', async () => {
  const first = await runHere(['inspect', 'someone/tiny']);
  expect(first).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Downloading someone\/tiny: \d files, 0\.\d MB\n$/),
  });
  expect(first.stdout).toBe((await runHere(['inspect', MODEL])).stdout);
  const seen = fetches();
  expect(seen).toBeGreaterThan(2);
  expect(await runHere(['inspect', 'someone/tiny'])).toEqual({ ...first, stderr: '' });
  expect(fetches()).toBe(seen);

  await hub.close();
  const cut = await runHere(['inspect', 'someone/tiny']);
  expect(cut).toMatchObject({ code: 0, stdout: first.stdout });
  expect(cut.stderr).toMatch(/cannot be reached; what was downloaded before is used\n$/);
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect(await runHere(['inspect', 'someone/tiny'])).toEqual({ ...first, stderr: '' });
  expect(await runHere(['inspect', 'someone/tiny-lora'])).toMatchObject({
    code: 2,
    stderr: 'someone/tiny-lora: not in the cache, and HF_HUB_OFFLINE is set\n',
  });
  hub = await startHub({ repos: {} });
});

test('a download that broke off is gone on with; one that is not what was listed is thrown away', async () => {
  await runHere(['inspect', 'someone/tiny']);
  const host = new URL(hub.endpoint).host;
  const place = join(folder, 'cache/rankwise/hub', host, 'someone--tiny');
  const weights = readdirSync(join(place, 'blobs')).find((name) => name.length === 64) ?? expect.fail('no weights');
  const blob = join(place, 'blobs', weights);
  rmSync(join(place, 'snapshots'), { recursive: true });
  // Half of it, as a kill leaves it.
  writeFileSync(`${blob}.part`, readFileSync(blob));
  truncateSync(`${blob}.part`, 10_000);
  rmSync(blob);
  expect(await runHere(['inspect', 'someone/tiny'])).toMatchObject({ code: 0 });
  expect(hub.requests.at(-1)?.range).toBe('bytes=10000-');
  expect(readFileSync(blob).equals(readFileSync(join(MODEL, 'model.safetensors')))).toBe(true);

  rmSync(join(place, 'snapshots'), { recursive: true });
  writeFileSync(`${blob}.part`, Buffer.alloc(10_000));
  rmSync(blob);
  const spoilt = await runHere(['inspect', 'someone/tiny']);
  expect(spoilt.code).toBe(1);
  expect(spoilt.stderr).toContain('what came is not what the Hub lists; it is thrown away, try again');
  expect(existsSync(`${blob}.part`)).toBe(false);
  expect(await runHere(['inspect', 'someone/tiny'])).toMatchObject({ code: 0 });
});

test('base and adapter by their ids merge to the bytes of the folders', async () => {
  const merge = (model: string, adapter: string, out: string) =>
    runHere(['merge', '--model', model, '--adapter', adapter, '--out', join(folder, out)]);
  expect(await merge(MODEL, ADAPTER, 'here')).toMatchObject({ code: 0 });
  expect(await merge('someone/tiny@main', 'someone/tiny-lora', 'there')).toMatchObject({ code: 0 });
  for (const name of readdirSync(join(folder, 'here'))) {
    expect(readFileSync(join(folder, 'there', name)).equals(readFileSync(join(folder, 'here', name)))).toBe(true);
  }
});

test('the base that an adapter names is found by itself', async () => {
  const merge = (...args: string[]) => runHere(['merge', '--adapter', 'someone/tiny-lora', ...args]);
  expect(await merge('--model', MODEL, '--out', join(folder, 'given'))).toMatchObject({ code: 0 });
  const found = await merge('--out', join(folder, 'found'));
  expect(found.stderr).toContain('Base: rankwise-fixtures/cli-bos, as someone/tiny-lora names it\n');
  expect(found.code).toBe(0);
  const weights = (out: string) => readFileSync(join(folder, out, 'model.safetensors'));
  expect(weights('found').equals(weights('given'))).toBe(true);

  const nameless = join(folder, 'nameless');
  cpSync(ADAPTER, nameless, { recursive: true });
  const config = JSON.parse(readFileSync(join(ADAPTER, 'adapter_config.json'), 'utf8'));
  writeFileSync(join(nameless, 'adapter_config.json'), JSON.stringify({ ...config, base_model_name_or_path: null }));
  expect(await runHere(['merge', '--adapter', nameless, '--out', folder])).toMatchObject({
    code: 2,
    stderr: `--model is missing, and ${nameless} does not name its base\n`,
  });
});

test('a model from the Hub knows its id and revision, for the adapters that are trained on it', async () => {
  const main = hub.repo('someone/tiny')?.branches.get('main') ?? expect.fail('no main');
  hub.repo('someone/tiny')?.branches.set('refs/pr/1', { ...main });
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const asked = await openLocalModel('someone/tiny@refs/pr/1');
  expect(asked).toMatchObject({ path: 'someone/tiny@refs/pr/1', hubId: 'someone/tiny', revision: 'refs/pr/1' });
  // A run that is resumed has the folder only.
  expect(await openLocalModel(asked.onDisk)).toMatchObject({ hubId: 'someone/tiny', revision: 'refs/pr/1' });
  expect(await openLocalModel('someone/tiny')).toMatchObject({ hubId: 'someone/tiny', revision: undefined });
  expect(await openLocalModel(MODEL)).toMatchObject({ hubId: undefined, onDisk: MODEL });
  stderr.mockRestore();
});

test('the state of a run and hidden files stay here', async () => {
  const out = join(folder, 'out');
  cpSync(ADAPTER, out, { recursive: true });
  mkdirSync(join(out, 'state/adapters'), { recursive: true });
  writeFileSync(join(out, 'state/run.json'), '{}');
  writeFileSync(join(out, '.env'), 'x');
  mkdirSync(join(out, 'notes'));
  writeFileSync(join(out, 'notes/how.txt'), 'so');
  writeFileSync(join(out, 'README.md'), '# Mine\n\nPeftModel.from_pretrained(model, "path/to/this/folder")\n');
  vi.stubEnv('HF_TOKEN', 'hf_write');
  expect(await runHere(['push', out, '--repo', 'ada/tiny', '--private'])).toMatchObject({ code: 0 });
  const paths = ['adapter_config.json', 'adapter_model.safetensors', 'notes/how.txt', 'README.md'];
  expect(hub.repo('ada/tiny')).toMatchObject({ isPrivate: true, commits: [{ summary: 'out, from Rankwise', paths }] });
  expect(pushed('README.md').toString()).toBe('# Mine\n\nPeftModel.from_pretrained(model, "ada/tiny")\n');
});

test.each([
  [
    'inspect',
    'someone/none',
    2,
    /^someone\/none: no such file or folder here; on the Hub: someone\/none: no such repository, or it is private/,
  ],
  [
    'inspect',
    'someone/tiny@v9',
    2,
    /on the Hub: someone\/tiny at v9: not on the Hub \(404\); the repository has no such revision/,
  ],
  ['inspect', 'someone/gated', 2, /its owner asks for consent first/],
  ['inspect', 'someone/tiny/other.gguf', 2, /^someone\/tiny: no other\.gguf there; it has no GGUF files/],
  ['inspect', './someone/tiny', 2, /^\.\/someone\/tiny: no such file or folder/],
  ['inspect', 'someone/tiny/model', 2, /^someone\/tiny\/model: no such file or folder/],
])('%s %s: exit code %d', async (command, path, code, message) => {
  const result = await runHere([command, path]);
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr).toMatch(message);
});

test('a gated model opens with HF_TOKEN; what lies here wins over an id', async () => {
  vi.stubEnv('HF_TOKEN', 'hf_reader');
  expect(await runHere(['inspect', 'someone/gated'])).toMatchObject({ code: 0 });
  const before = process.cwd();
  mkdirSync(join(folder, 'someone/tiny'), { recursive: true });
  process.chdir(folder);
  const seen = hub.requests.length;
  const here = await runHere(['inspect', 'someone/tiny']);
  process.chdir(before);
  expect(here.stderr).toContain('config.json: missing');
  expect(hub.requests.length).toBe(seen);
});

test('pushed folders and files come back by their ids', async () => {
  vi.stubEnv('HF_TOKEN', 'hf_write');
  const metrics = join(folder, 'metrics.jsonl');
  writeFileSync(metrics, [3, 2, 1.5].map((loss, i) => JSON.stringify({ step: i + 1, loss })).join('\n'));
  const push = ['push', ADAPTER, '--repo', 'ada/tiny', '--metrics', metrics, '--message', 'Soup'];
  const first = await runHere(push);
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/^Pushed \d files, \d+ bytes: http:\S+\/ada\/tiny\n$/);
  expect(pushed('loss.svg').toString()).toContain('<polyline');
  expect(pushed('README.md').toString()).toContain('](loss.svg)');
  expect(hub.repo('ada/tiny')?.commits[0]?.summary).toBe('Soup');
  expect((await runHere(push)).stdout).toMatch(/^Nothing to push: all \d files are there already: http/);
  const facts = await runHere(['inspect', 'ada/tiny']);
  expect(facts).toMatchObject({ code: 0, stdout: (await runHere(['inspect', ADAPTER])).stdout });

  const merged = join(folder, 'merged');
  await runHere(['merge', '--model', MODEL, '--adapter', ADAPTER, '--out', merged]);
  const onBranch = ['push', merged, '--repo', 'ada/tiny', '--revision', 'merged', '--adapter', ADAPTER];
  expect(await runHere(onBranch)).toMatchObject({ code: 0 });
  const size = statSync(join(merged, 'model.safetensors')).size;
  expect(pushed('model.safetensors', 'merged').length).toBe(size);
  expect(pushed('README.md', 'merged').toString()).toContain('library_name: transformers\n');
  expect(pushed('README.md', 'merged').toString()).toMatch(/with a LoRA adapter of rank \d+ merged into its weights/);

  const gguf = join(folder, 'tiny-F16.gguf');
  await runHere(['export', '--model', MODEL, '--format', 'gguf', '--out', gguf]);
  const single = await runHere(['push', gguf, '--repo', 'ada/tiny', '--revision', 'gguf']);
  expect(single).toMatchObject({ code: 0 });
  expect(pushed('tiny-F16.gguf', 'gguf').equals(readFileSync(gguf))).toBe(true);
  expect(pushed('README.md', 'gguf').toString()).toContain("llama-cli -m 'tiny-F16.gguf'");
  const back = await runHere(['inspect', 'ada/tiny/tiny-F16.gguf@gguf']);
  expect(back).toMatchObject({ code: 0, stdout: (await runHere(['inspect', gguf])).stdout });
});

test('pushing says what it lacks', async () => {
  const push = (...args: string[]) => runHere(['push', ...args]);
  expect((await push(ADAPTER, '--repo', 'ada/tiny')).stderr).toMatch(
    /^push: HF_TOKEN is not set; make a token that may write at http\S+\/settings\/tokens and put it into the environment, not into a flag/,
  );
  vi.stubEnv('HF_TOKEN', 'hf_mistyped');
  expect(await push(ADAPTER, '--repo', 'ada/tiny')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ada/tiny: the Hub does not know this token (401'),
  });
  expect((await push(ADAPTER, '--repo', 'tiny')).stderr).toContain('expected owner/name');
  expect((await push('--repo', 'ada/tiny')).stderr).toContain('push: expected one path');
  expect((await push(folder, '--repo', 'ada/tiny')).stderr).toContain('no adapter (adapter_config.json)');
  const bad = join(folder, 'bad.jsonl');
  writeFileSync(bad, '{"step": 1, "loss": 2}\n{"step": 2}\n');
  expect((await push(ADAPTER, '--repo', 'ada/tiny', '--metrics', bad)).stderr).toContain(
    'bad.jsonl: line 2: expected a step',
  );
  expect(hub.repo('ada/tiny')).toBeUndefined();
});

test('behind a proxy it is said what Node wants', () => {
  const env = { HTTPS_PROXY: 'http://proxy:3128' };
  expect(proxyNote({ env })).toMatch(/^; HTTPS_PROXY is set, which Node heeds .*NODE_USE_ENV_PROXY=1/);
  expect(proxyNote({ env: { ...env, NODE_USE_ENV_PROXY: '1' } })).toBe('');
  expect(proxyNote({ env: { HTTPS_PROXY: '' } })).toBe('');
});

test('what can be a Hub id, and what is a path', () => {
  expect(parseHubPath('a/b')).toEqual({ repo: 'a/b', revision: 'main', file: undefined });
  expect(parseHubPath('a/b@refs/pr/1')).toEqual({ repo: 'a/b', revision: 'refs/pr/1', file: undefined });
  expect(parseHubPath('a/b/sub/c.gguf@v1')).toEqual({ repo: 'a/b', revision: 'v1', file: 'sub/c.gguf' });
  for (const path of [
    'a',
    './a/b',
    '../a/b',
    '/a/b',
    'a/b.gguf',
    'a/b/c',
    'a//b',
    'a/b/../c.gguf',
    '~/a',
    'a/b@',
    'a/b@..',
    'C:\\a',
  ]) {
    expect(parseHubPath(path), path).toBeUndefined();
  }
});
