// `train --fit`: what it chooses is what the run then takes.
import { rmSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { PARITY, runCli, runHere, temporaryFolder } from './testCli.ts';

vi.setConfig({ testTimeout: 300_000 });

const out = temporaryFolder();
afterAll(() => rmSync(out, { recursive: true, force: true }));

const folder = `${PARITY}cli-plain`;
const start = ['train', '--model', `${folder}/model`, '--data', `${folder}/pairs.jsonl`, '--steps', '1', '--out', out];

/** The run without --fit takes some 3.6 MB: two thirds of it activations of a batch of 8. */
const LITTLE = '0.0012';

test('less than the run takes as set: the batch is cut, the rows of a step are kept, and the plan is what was said', async () => {
  const { code, stderr } = await runCli([...start, '--fit', '--memory', LITTLE]);
  expect(code).toBe(0);
  const [, batch, accumulate, size] =
    /Chosen: f32 weights, batch (\d) × (\d) accumulated, .* \(8 rows a step, as set\): ([\d.]+) MB of the 1.2 MB/.exec(
      stderr,
    ) ?? [];
  expect(Number(batch) * Number(accumulate)).toBe(8);
  expect(Number(size)).toBeLessThanOrEqual(1.2);
  expect(Number(/on 24 rows, ([\d.]+) MB/.exec(stderr)?.[1])).toBeCloseTo(Number(size), 1);
});

test('what can never fit is refused with what would', async () => {
  const { code, stderr } = await runCli([...start, '--fit', '--memory', '0.0005', '--weights', 'f16']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--fit: Nothing fits into 0.5 MB. The least, f16 weights, .* With rows of at most \d+ tokens/);
});

test('inspect plans what training would take, format by format', async () => {
  const { code, stdout } = await runCli(['inspect', `${folder}/model`, '--batch', '4', '--targets', 'q,v,o']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^training takes +batch 4 × 256 tokens, rank 8 on q, v, o$/m);
  const [, plain, checkpointed] = /^ {2}in f16 +([\d.]+) MB; with checkpointing ([\d.]+) MB$/m.exec(stdout) ?? [];
  expect(Number(checkpointed)).toBeGreaterThan(0.1);
  expect(Number(checkpointed)).toBeLessThan(Number(plain));
  const { code: refused } = await runHere(['inspect', `${folder}/pairs.jsonl`, '--batch', '4']);
  expect(refused).toBe(2);
});

test.each([
  [['--memory', '4'], '--memory says how much --fit may use; add --fit'],
  [['--fit', '--memory', 'lots'], '--memory: expected a number above 0, got "lots"'],
  [['--fit', '--resume', out], '--fit chooses for a new run'],
  [['--longest-submit', '0'], '--longest-submit: expected a number above 0, got "0"'],
])('%s is bad input', async (flags, message) => {
  const { code, stderr } = await runHere([...start, ...flags]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
