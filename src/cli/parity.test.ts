// The commands against PEFT and transformers, end to end: e2e/reference/cli_cases.py made the numbers.
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { toFloat32 } from '../formats/dtypes.ts';
import { readNpy } from '../formats/npy.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { PARITY, readLines, runCliWell, temporaryFolder } from './testCli.ts';

/** f32 sums in another order than PyTorch's, through a whole network. */
const LOSS_TOLERANCE = 1e-4;
const LOGITS_TOLERANCE = 1e-4;
/** Ten optimizer steps multiply those differences. */
const ADAPTER_TOLERANCE = 1e-3;

interface Expected {
  template: string;
  runs: Record<string, { arguments: string; leftOutLines: number[]; steps: Record<string, number>[] }>;
  evaluate: Record<'base' | 'adapter', Record<string, number>>;
  generate: Record<string, { prompt: string; promptIds: number[]; ids: number[]; text: string }[]>;
  logits: { ids: number[] };
}

async function tensorsOf(path: string): Promise<Map<string, Float32Array>> {
  const source = bytesSource(readFileSync(path), path);
  const { tensors } = await readSafetensorsHeader(source);
  const found = new Map<string, Float32Array>();
  for (const [name, info] of tensors) found.set(name, toFloat32(await source.read(info.offset, info.sizeBytes), 'F32'));
  return found;
}

function relativeError(ours: Float32Array, theirs: Float32Array): number {
  let [difference, largest] = [0, 0];
  theirs.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - ours[i]!));
    largest = Math.max(largest, Math.abs(value));
  });
  return ours.length === theirs.length ? difference / largest : Number.POSITIVE_INFINITY;
}

// Each process compiles its shaders; a software driver on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

const out = temporaryFolder();
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe.each(['cli-bos', 'cli-plain'])('%s', (name) => {
  const folder = `${PARITY}${name}`;
  const expected: Expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
  const model = ['--model', `${folder}/model`];
  const adapter = ['--adapter', `${folder}/adapter`];
  const data = ['--data', `${folder}/pairs.jsonl`];

  const trained = (run: string) => `${out}/${name}-${run}`;

  test.each([
    ['default', 0],
    ['truncated', 1],
  ] as const)('train, %s, then generate with what it made', async (run, prompt) => {
    const { arguments: given, leftOutLines, steps } = expected.runs[run]!;
    const metrics = `${trained(run)}.jsonl`;
    const init = ['--init-adapter', `${folder}/adapter`, '--out', trained(run), '--metrics', metrics];
    const { stderr } = await runCliWell('train', ...model, ...data, ...init, ...given.split(' '));
    const leftOut = [...stderr.matchAll(/line (\d+) is left out/g)].map(([, line]) => Number(line));
    expect(leftOut).toEqual(leftOutLines);
    const lines = readLines(metrics);
    expect(lines.length).toBe(steps.length);
    for (const [i, line] of lines.entries()) {
      const { loss = 0, gradientNorm = 0, learningRate = 0, ...counts } = steps[i]!;
      expect(line).toMatchObject(counts);
      expect(Math.abs(Number(line.loss) / loss - 1)).toBeLessThan(LOSS_TOLERANCE);
      expect(Math.abs(Number(line.gradientNorm) / gradientNorm - 1)).toBeLessThan(ADAPTER_TOLERANCE);
      expect(line.learningRate).toBeCloseTo(learningRate, 12);
      expect(Object.keys(line)).toEqual([
        ...['step', 'loss', 'learningRate', 'gradientNorm', 'tokens', 'targetTokens', 'elapsedMs'],
      ]);
    }
    const theirs = await tensorsOf(`${folder}/expected.safetensors`);
    const ours = await tensorsOf(`${trained(run)}/adapter_model.safetensors`);
    expect(ours.size).toBe([...theirs.keys()].filter((key) => key.startsWith(`${run}/`)).length);
    for (const [key, values] of ours) {
      expect(relativeError(values, theirs.get(`${run}/${key}`)!)).toBeLessThan(ADAPTER_TOLERANCE);
    }
    await checkGeneration(`after-${run}`, prompt, '--adapter', trained(run));
  });

  test.each([
    ['base', 2, []],
    ['adapter', 3, adapter],
  ] as const)('generate, evaluate and logits: %s', async (which, prompt, flags) => {
    await checkGeneration(which, prompt, ...flags);
    const template = ['--template', '{context}\\n'];
    const { stdout } = await runCliWell('evaluate', ...model, ...flags, ...data, ...template, '--json');
    const result: Record<string, number> = JSON.parse(stdout);
    const wanted = expected.evaluate[which];
    for (const key of ['loss', 'perplexity']) {
      expect(Math.abs(result[key]! / wanted[key]! - 1)).toBeLessThan(LOSS_TOLERANCE);
    }
    for (const key of ['tokenAccuracy', 'rows', 'tokens']) expect(result[key]).toBe(wanted[key]);

    const file = `${out}/${name}-${which}.npy`;
    await runCliWell('logits', ...model, ...flags, '--ids', expected.logits.ids.join(','), '--out', file);
    const { shape, values } = await readNpy(bytesSource(readFileSync(file), file));
    const theirs = (await tensorsOf(`${folder}/expected.safetensors`)).get(`logits/${which}`)!;
    expect(shape).toEqual([expected.logits.ids.length, theirs.length / expected.logits.ids.length]);
    expect(relativeError(values, theirs)).toBeLessThan(LOGITS_TOLERANCE);
  });

  async function checkGeneration(which: string, index: number, ...flags: string[]): Promise<void> {
    const { prompt, promptIds, ids, text } = expected.generate[which]![index]!;
    const wanted = ['--prompt', prompt, '--max-new-tokens', '16', '--json'];
    const { stdout, stderr } = await runCliWell('generate', ...model, ...flags, ...wanted);
    expect(JSON.parse(stdout)).toMatchObject({ promptIds, ids });
    expect(stderr).toMatch(/^Running on .+\n$/);
    const special = /<\|[a-z_]+\|>/g;
    expect(JSON.parse(stdout).text).toBe(text.replace(special, ''));
  }
});
