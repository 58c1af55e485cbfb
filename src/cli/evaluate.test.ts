// `evaluate` of a base and two adapters: answers as `generate` gives them, scores of answers that follow from the file
// itself, everything in the JSON, and a table.
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { bleuCounts, bleuOf } from '../evaluation/scores/bleu.ts';
import { PARITY, readLines, runCliWell, runHere, temporaryFolder } from './testCli.ts';

vi.setConfig({ testTimeout: 300_000 });

const out = temporaryFolder();
afterAll(() => rmSync(out, { recursive: true, force: true }));

const folder = `${PARITY}cli-bos`;
const model = ['--model', `${folder}/model`];

const score = z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number() });
const reportSchema = z.object({
  contexts: z.number(),
  rows: z.number(),
  interval: z.object({ share: z.literal(0.95), resamples: z.literal(1000) }),
  answerers: z.array(
    z.object({ name: z.string(), adapter: z.string().nullable(), scores: z.record(z.string(), score) }),
  ),
  differences: z.array(
    z.object({ score: z.string(), from: z.string(), to: z.string(), value: z.number(), isBeyondNoise: z.boolean() }),
  ),
});
const answerSchema = z.object({
  line: z.number(),
  prompt: z.string(),
  references: z.array(z.string()),
  answers: z.record(z.string(), z.object({ answer: z.string(), loss: z.number(), exactMatch: z.boolean() })),
  disagreement: z.number(),
});

test('base and adapters: answers, scores, intervals, differences', async () => {
  const expected: { generate: Record<'base' | 'adapter', { prompt: string; text: string }[]> } = JSON.parse(
    readFileSync(`${folder}/expected.json`, 'utf8'),
  );
  const prompts = expected.generate.base.map(({ prompt }) => prompt).filter((prompt) => prompt.trim() !== '');
  const plain = (text: string) => text.replace(/<\|[a-z_]+\|>/g, '');
  const right = expected.generate.base
    .filter(({ prompt }) => prompts.includes(prompt))
    .map(({ text }) => plain(text).slice(0, 200));
  // The base's own answers are the right ones; the first context has a second right answer.
  const rows = prompts.map((context, i) => ({ context, target: right[i] || 'x' }));
  writeFileSync(
    `${out}/rows.jsonl`,
    [...rows, { context: prompts[0], target: 'another' }].map((row) => JSON.stringify(row)).join('\n'),
  );
  cpSync(`${folder}/adapter`, `${out}/same`, { recursive: true });
  const flags = ['--data', `${out}/rows.jsonl`, '--template', '{context}', '--max-new-tokens', '16'];
  const adapters = ['--adapter', `${folder}/adapter`, `${out}/same`];
  const files = ['--answers', `${out}/deep/answers.jsonl`, '--json', `${out}/report.json`];
  const { stdout } = await runCliWell('evaluate', ...model, ...adapters, ...flags, ...files);

  const lines = readLines(`${out}/deep/answers.jsonl`).map((line) => answerSchema.parse(line));
  expect(lines.map(({ prompt }) => prompt)).toEqual(prompts);
  expect(lines[0]!.references).toEqual([right[0], 'another']);
  const theirs = new Map(expected.generate.adapter.map(({ prompt, text }) => [prompt, plain(text)]));
  for (const [i, { prompt, answers }] of lines.entries()) {
    expect(answers.base!.answer).toBe(right[i]);
    if (theirs.has(prompt)) expect(answers.adapter!.answer).toBe(theirs.get(prompt));
    expect(answers.same).toEqual(answers.adapter);
  }

  const report = reportSchema.parse(JSON.parse(readFileSync(`${out}/report.json`, 'utf8')));
  expect(report).toMatchObject({ contexts: prompts.length, rows: prompts.length + 1 });
  expect(report.answerers.map(({ name }) => name)).toEqual(['base', 'adapter', 'same']);
  const [base, adapter] = report.answerers;
  expect(base!.scores.exactMatch).toEqual({ value: 1, low: 1, high: 1, n: prompts.length });
  const sums = lines
    .map(({ answers, references }) => bleuCounts(answers.adapter!.answer.trim(), references))
    .reduce((a, b) => a.map((value, i) => value + b[i]!));
  expect(adapter!.scores.bleu!.value).toBeCloseTo(bleuOf(sums), 9);
  const between = report.differences.filter(({ from, to }) => from === 'adapter' && to === 'same');
  expect(between).toHaveLength(7);
  for (const { value, isBeyondNoise } of between) expect([value, isBeyondNoise]).toEqual([0, false]);

  expect(stdout).toMatch(/^base +100\.0 % \[100\.0, 100\.0\] +\d/m);
  expect(stdout).toMatch(/^adapter +\d+\.\d{4} \[\d+\.\d{4}, \d+\.\d{4}\] +/m);
  expect(stdout).toMatch(/^exact match: best is base; /m);
});

test('a GGUF file, its first rows, losses only', async () => {
  const gguf = fileURLToPath(new URL('../../e2e/fixtures/gguf/mixed.gguf', import.meta.url));
  copyFileSync(`${folder}/pairs.jsonl`, `${out}/pairs.jsonl`);
  const limits = ['--limit', '2', '--max-length', '64', '--template', '{context}\\n'];
  const { stdout } = await runCliWell('evaluate', '--model', gguf, '--data', `${out}/pairs.jsonl`, ...limits);
  expect(stdout).toMatch(/^2 contexts, \d+ rows, /);
  expect(stdout).toMatch(/^base +\d+\.\d{4} \[/m);
  expect(stdout).not.toContain('BLEU');
});

test.each<[string, string[], RegExp]>([
  ['a word without --adapter', ['more'], /^evaluate: more belongs to no flag/],
  ['no rows', ['--limit', '0'], /^--limit: expected a whole number from 1, got "0"/],
  ['an adapter that is not there', ['--adapter', `${out}/none`], /none: no such file or folder/],
])('%s', async (_, more, message) => {
  const { code, stderr } = await runHere(['evaluate', ...model, '--data', `${folder}/pairs.jsonl`, ...more]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test('plain text has no answers', async () => {
  writeFileSync(`${out}/text.txt`, 'Some words.\nMore words.\n');
  const { code, stderr } = await runHere(['evaluate', ...model, '--data', `${out}/text.txt`, '--generate']);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/plain text, which asks nothing; leave out --generate/)]);
});
