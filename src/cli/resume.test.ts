// A run stopped, killed and resumed ends with the bits of one that was never stopped; so does the same run made twice.
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PARITY, readLines, runCli, runCliWell, runHere, temporaryFolder } from './testCli.ts';

// Each process compiles its shaders; a software driver on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const out = temporaryFolder();
afterAll(() => rmSync(out, { recursive: true, force: true }));

const folder = `${PARITY}cli-bos`;
const setup = ['--model', `${folder}/model`, '--data', `${folder}/pairs.jsonl`, '--batch', '4', '--steps', '20'];
// What a step draws and remembers: shuffled rows, dropout, two moments, a falling learning rate.
const settings = ['--dropout', '0.2', '--schedule', 'cosine', '--warmup', '3', '--seed', '7', '--lr', '1e-2'];
const start = ['train', ...setup, ...settings];

const weights = (run: string) => readFileSync(`${out}/${run}/adapter_model.safetensors`);
const metrics = (run: string) => `${out}/${run}.jsonl`;
const to = (run: string) => ['--out', `${out}/${run}`, '--metrics', metrics(run)];

/** The metrics without the times. */
const numbers = (run: string) => readLines(metrics(run)).map(({ elapsedMs: _, ...line }) => line);

/** Runs until the metrics have `lines` lines, then sends the signal. */
async function interrupted(run: string, lines: number, signal: NodeJS.Signals) {
  let timer: NodeJS.Timeout | undefined;
  const result = await runCli([...start, ...to(run), '--save-every', '7'], (child) => {
    timer = setInterval(() => {
      if (!existsSync(metrics(run)) || readFileSync(metrics(run), 'utf8').split('\n').length <= lines) return;
      clearInterval(timer);
      child.kill(signal);
    }, 2);
  });
  clearInterval(timer);
  return result;
}

beforeAll(async () => {
  await runCliWell(...start, ...to('whole'));
});

test('killed after step 7 and resumed', async () => {
  await interrupted('killed', 8, 'SIGKILL');
  const before = readLines(metrics('killed')).length;
  expect(before).toBeLessThan(20);
  // A kill may cut a line off.
  appendFileSync(metrics('killed'), '{"step": 15, "lo');
  await runCliWell(...start, ...to('killed'), '--resume', `${out}/killed`);
  expect(weights('killed')).toEqual(weights('whole'));
  expect(numbers('killed')).toEqual(numbers('whole'));
  const times = readLines(metrics('killed')).map(({ elapsedMs }) => Number(elapsedMs));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('stopped in the middle, and resumed elsewhere with no more than its folder', async () => {
  const { code, stderr } = await interrupted('stopped', 3, 'SIGINT');
  expect(code).toBe(130);
  const stoppedAt = Number(/Stopped after step (\d+) of 20; go on with --resume/.exec(stderr)?.[1]);
  expect(stoppedAt).toBe(readLines(metrics('stopped')).length);
  expect(stoppedAt).toBeLessThan(20);
  expect(weights('stopped')).not.toEqual(weights('whole'));
  const anew = await runHere([...start, ...to('stopped')]);
  expect(anew.code).toBe(2);
  expect(anew.stderr).toMatch(
    /^.*\/stopped: a run is kept there that stopped after step \d+ of 20; --resume .* goes on with it; to start anew .*\n$/,
  );
  await runCliWell('train', '--resume', `${out}/stopped`, ...to('elsewhere'));
  expect(weights('elsewhere')).toEqual(weights('whole'));
  expect(readLines(metrics('elsewhere'))[0]).toMatchObject({ step: stoppedAt + 1 });
});

test.each([
  [['--lr', '1e-3'], /^--lr contradicts .*\/whole, which was started with 0\.01; leave the flag out\n$/],
  [['--rank', '4'], /^--rank 4 contradicts the run in .*, whose rank is 8; leave the flag out\n$/],
  [['--dropout', '0'], /^--dropout 0 contradicts the run in .*, which was started with 0\.2\n$/],
  [['--steps', '5'], /^--steps 5: the saved run has done 20 already\n$/],
  [['--epochs', '0.5'], /^--epochs 0.5 makes --steps 3: the saved run has done 20 already\n$/],
  [
    ['--model', `${PARITY}cli-plain/model`],
    /^.*cli-plain\/model: not the model that the run in .* was started with\n$/,
  ],
  [['--data', `${PARITY}cli-bos/model/config.json`], /./],
  [['--seed', '8'], /^--seed contradicts/],
])('refuses to resume with %o', async (flags, message) => {
  const { code, stderr } = await runHere(['train', '--resume', `${out}/whole`, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n').length).toBe(1);
});

test('a finished run goes further: under a constant learning rate as if all steps had been chosen at once', async () => {
  const constant = ['train', ...setup.slice(0, -2), '--dropout', '0.2', '--seed', '7', '--lr', '1e-2'];
  await runCliWell(...constant, '--steps', '8', ...to('longer'));
  const short = weights('longer');
  // The checkpoint that it goes on from is not written again: it may be all there is.
  const kept = statSync(`${out}/longer/state/8.ckpt`).mtimeMs;
  await runCliWell('train', '--resume', `${out}/longer`, '--steps', '12', ...to('longer'));
  await runCliWell(...constant, '--steps', '12', ...to('long'));
  expect(statSync(`${out}/longer/state/8.ckpt`).mtimeMs).toBe(kept);
  expect(short).not.toEqual(weights('long'));
  expect(weights('longer')).toEqual(weights('long'));
  expect(numbers('longer')).toEqual(numbers('long'));
});
