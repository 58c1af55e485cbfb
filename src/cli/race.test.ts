// A race from the command line: folders, metrics, heats, resuming, and each adapter as its own run would have made it.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PARITY, readLines, runCli, runCliWell, runHere, temporaryFolder } from './testCli.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const out = temporaryFolder();
afterAll(() => rmSync(out, { recursive: true, force: true }));

const folder = `${PARITY}cli-bos`;
const setup = ['--model', `${folder}/model`, '--data', `${folder}/pairs.jsonl`, '--batch', '4', '--steps', '8'];
const settings = ['--warmup', '2', '--seed', '7', '--validation', '0.25', '--targets', 'q,v'];
const start = ['train', ...setup, ...settings];
const lists = ['--rank', '1,4', '--lr', '1e-2,0.001'];
const NAMES = ['r1-lr0.01', 'r1-lr0.001', 'r4-lr0.01', 'r4-lr0.001'];

const weights = (run: string) => readFileSync(`${out}/${run}/adapter_model.safetensors`);
const to = (run: string) => ['--out', `${out}/${run}`, '--metrics', `${out}/${run}.jsonl`];
const numbers = (run: string) => readLines(`${out}/${run}.jsonl`).map(({ elapsedMs: _, ...line }) => line);

let whole = '';
beforeAll(async () => {
  whole = (await runCliWell(...start, ...lists, ...to('whole'))).stdout;
});

test('one folder and one line a step for each, equal to runs of their own', async () => {
  for (const name of NAMES) expect(existsSync(`${out}/whole/${name}/adapter_config.json`)).toBe(true);
  expect(existsSync(`${out}/whole/adapter_config.json`)).toBe(false);
  expect(numbers('whole').map(({ step, adapter }) => [step, adapter])).toEqual(
    Array.from({ length: 8 }, (_, i) => NAMES.map((name) => [i + 1, name])).flat(),
  );
  const { stdout } = await runCliWell(...start, '--rank', '4', '--lr', '1e-2', ...to('alone'));
  expect(weights('whole/r4-lr0.01')).toEqual(weights('alone'));
  const own = numbers('whole').filter(({ adapter }) => adapter === 'r4-lr0.01');
  expect(own.map(({ adapter: _, ...line }) => line)).toEqual(numbers('alone'));
  const validation = /^Validation on .*$/m.exec(stdout)?.[0];
  expect(whole).toContain(`r4-lr0.01: ${validation}\n`);
  for (const name of NAMES) expect(whole).toMatch(new RegExp(`^${name} +\\d+ +\\d+ +8 +\\d`, 'm'));
  const table: unknown = JSON.parse(readFileSync(`${out}/whole/race.json`, 'utf8'));
  expect(table).toMatchObject(NAMES.map((adapter) => ({ adapter, step: 8, hasDiverged: false, targets: ['q', 'v'] })));
});

test('cut into heats where memory runs short, to the same bits', async () => {
  const { stderr } = await runCliWell(...start, ...lists, ...to('heats'), '--memory', '0.0001');
  expect(stderr).toContain(`4 heats, the same rows in the same order in each: ${NAMES.join(' | ')}\n`);
  for (const name of NAMES) expect(weights(`heats/${name}`)).toEqual(weights(`whole/${name}`));
});

test('race/* is its adapters, without the table and the state beside them', async () => {
  const all = readdirSync(`${out}/whole`).map((name) => `${out}/whole/${name}`);
  expect(all.length).toBe(NAMES.length + 2);
  const { stdout } = await runCliWell('evaluate', ...setup.slice(0, 4), '--adapter', ...all, '--json');
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).name);
  expect(names.sort()).toEqual([...NAMES].sort());
});

test('stopped and resumed, in the middle of a heat', async () => {
  let timer: NodeJS.Timeout | undefined;
  const metrics = `${out}/stopped.jsonl`;
  const { code, stderr } = await runCli([...start, ...lists, ...to('stopped'), '--memory', '0.0001'], (child) => {
    timer = setInterval(() => {
      if (!existsSync(metrics) || !readFileSync(metrics, 'utf8').includes(`"adapter":"${NAMES[1]}","step":2`)) return;
      clearInterval(timer);
      child.kill('SIGINT');
    }, 2);
  });
  clearInterval(timer);
  expect(code).toBe(130);
  expect(stderr).toMatch(/Stopped after step \d of 8; go on with --resume/);
  expect(existsSync(`${out}/stopped/${NAMES[2]}`)).toBe(false);
  await runCliWell('train', '--resume', `${out}/stopped`, '--metrics', metrics);
  for (const name of NAMES) expect(weights(`stopped/${name}`)).toEqual(weights(`whole/${name}`));
  const byName = (lines: Record<string, unknown>[]) =>
    NAMES.map((name) => lines.filter(({ adapter }) => adapter === name));
  expect(byName(numbers('stopped'))).toEqual(byName(numbers('whole')));
});

test('one that diverges is named and kept, the others go on', async () => {
  const rates = [
    '--init-adapter',
    `${folder}/adapter`,
    '--lr',
    '1e30,0.001',
    '--optimizer',
    'sgd',
    '--clip',
    '0',
    '--warmup',
    '0',
  ];
  const { stderr } = await runCliWell('train', ...setup, '--seed', '7', ...rates, ...to('diverged'));
  const step = Number(
    /^lr1e\+30: the loss or gradient of step (\d) is not finite; .* the others go on$/m.exec(stderr)?.[1],
  );
  expect(numbers('diverged').filter(({ adapter }) => adapter === 'lr1e+30').length).toBe(step - 1);
  expect(numbers('diverged').filter(({ adapter }) => adapter === 'lr0.001').length).toBe(8);
  const table: unknown = JSON.parse(readFileSync(`${out}/diverged/race.json`, 'utf8'));
  expect(table).toMatchObject([
    { hasDiverged: true, step: step - 1 },
    { hasDiverged: false, step: 8 },
  ]);
});

test.each([
  [['--rank', '1,1'], /^--rank: 1 is there twice\n$/],
  [['--targets', 'q,v;v,q'], /^--targets: v,q is there twice\n$/],
  [
    ['--share-rank', '--rank', '1,2', '--targets', 'q;q,k,v,o'],
    /^--share-rank makes two adapters alike, both r1-q\.k\.v\.o;/,
  ],
  [['--rank', '1,x'], /^--rank: expected a whole number from 1 to 256, got "x"\n$/],
  [['--targets', 'q;q,z'], /^--targets: expected some of .*, got "z"\n$/],
  [['--rank', '1,2,3,4,5,6,7,8,9', '--lr', '1,2,3,4'], /make 36 adapters; at most 32 race\n$/],
  [['--share-rank'], /^--share-rank divides the rank among an adapter's matrices: give several --targets/],
  [['--memory', '1'], /^--memory says how much --fit may use; add --fit\n$/],
])('refuses %o', async (flags, message) => {
  const { code, stderr } = await runHere(['train', ...setup, '--out', `${out}/refused`, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test.each([
  [['--rank', '1,8'], /^--rank 1,8 contradicts the run in .*\/whole, which races 1,4; leave the flag out\n$/],
  [['--dropout', '0.1'], /^--dropout 0.1 contradicts the run in .*, which races 0; leave the flag out\n$/],
  [['--targets', 'q;v'], /^--targets q;v contradicts the run in .*, which races q,v; leave the flag out\n$/],
])('refuses to resume with %o', async (flags, message) => {
  const { code, stderr } = await runHere(['train', '--resume', `${out}/whole`, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
