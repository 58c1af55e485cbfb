// What the exported folder holds, to the byte: rows and masks, place in the order, adapter, moments.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { PARITY_CASES, parityArchitecture, readTensors } from '../adapters/testFixtures.ts';
import { createDataOrder } from '../data/dataOrder.ts';
import type { EncodedData } from '../data/encodeExamples.ts';
import { bytesSource } from '../formats/byteSource.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { DEFAULT_RUN_SETTINGS, type TrainingSettings } from '../training/settings.ts';
import { continueFolder } from './continueFolder.ts';
import type { ContinueRun } from './continueRun.ts';
import { targetSpans } from './dataFiles.ts';

const training: TrainingSettings = { ...DEFAULT_RUN_SETTINGS.training, batchSize: 2, accumulate: 3, seed: 9 };

/** Rows of several lengths, the last third of each a target, and one with two targets. */
function rows(count: number): EncodedData['rows'] {
  return Array.from({ length: count }, (_, i) => {
    const length = 3 + ((i * 7) % 11);
    const loss = Uint8Array.from({ length }, (_, t) => (t >= length - length / 3 || (i === 1 && t === 1) ? 1 : 0));
    return { ids: Uint32Array.from({ length }, (_, t) => 5 + i * 20 + t), loss, line: i + 1 };
  });
}

function encoded(count: number): Pick<EncodedData, 'rows' | 'examples' | 'sources'> {
  const all = rows(count);
  const examples = all.map(({ line }) => ({
    kind: 'pair' as const,
    context: 'c',
    prompt: `p${line}`,
    target: 't',
    line,
  }));
  return { rows: all, examples, sources: Uint32Array.from(all, (_, i) => i) };
}

function runOn(name: string, targets: ContinueRun['layout']['spec']['targets']): ContinueRun {
  const architecture = parityArchitecture(name);
  const [layout] = layOutAdapters(architecture, [{ rank: 3, alpha: 6, dropout: 0.1, useRslora: false, targets }]);
  if (!layout) throw new Error('no layout');
  const ramp = (from: number) => Float32Array.from({ length: layout.count }, (_, i) => from + i);
  const state = { step: 4, elapsedMs: 1234.5, parameters: ramp(0.5), moments: { first: ramp(1e4), second: ramp(2e4) } };
  return {
    name: 'A run',
    architecture,
    layout,
    base: { kind: 'hub', id: 'owner/model', revision: 'main', weights: 'f16', rounding: { f16: ['a.weight'] } },
    baseFiles: [],
    training,
    state,
    data: { name: 'pairs.jsonl', template: '{context}', isEncoded: true, train: encoded(10), validation: rows(3) },
    card: {
      title: 'A run',
      baseModel: 'owner/model',
      isOnHub: true,
      data: { name: 'pairs.jsonl', pairs: 10, validationPairs: 3 },
      settings: [],
      results: [],
    },
    metrics: [{ step: 1, loss: 2 }],
    evaluations: [{ step: 4, loss: 1.5 }],
    dtype: 'float32',
  };
}

async function bytesOf(entry: ZipEntry | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (!entry) throw new Error('no such file');
  const bytes = entry.bytes();
  const chunks: Uint8Array[] = [];
  for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  expect(whole.length, entry.name).toBe(entry.sizeBytes);
  return new Uint8Array(whole);
}

async function folderOf(run: ContinueRun) {
  const entries = await continueFolder(run, { 'train.py': 'print("here")\n' });
  const find = (name: string) => entries.find((entry) => entry.name === name);
  const text = async (name: string) => new TextDecoder().decode(await bytesOf(find(name)));
  const lines = async (name: string) =>
    (await text(name))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const tensors = async (name: string) => readTensors(bytesSource(await bytesOf(find(name)), name));
  return { entries, text, lines, tensors };
}

const values = (from: number, start: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => from + start + i);

describe('a run in the middle', () => {
  test('has every file once, with its true size', async () => {
    const { entries } = await folderOf(runOn('llama', ['q', 'v']));
    for (const entry of entries) await bytesOf(entry);
    expect(entries.map(({ name }) => name)).toEqual([
      'README.md',
      'train.py',
      'settings.json',
      'adapter/adapter_config.json',
      'adapter/adapter_model.safetensors',
      'adapter/README.md',
      'state/progress.json',
      'state/optimizer.safetensors',
      'data/train.jsonl',
      'data/validation.jsonl',
      'metrics.jsonl',
    ]);
  });

  test('rows with their tokens and targets, in order, text beside them', async () => {
    const { lines } = await folderOf(runOn('llama', ['q']));
    const own = rows(10);
    expect(await lines('data/train.jsonl')).toEqual(
      own.map((row) => ({
        line: row.line,
        prompt: `p${row.line}`,
        target: 't',
        ids: [...row.ids],
        targets: targetSpans(row),
      })),
    );
    const marks = (await lines('data/validation.jsonl')).map(({ ids, targets }) =>
      Uint8Array.from(ids, (_: number, t: number) =>
        targets.some(([from, to]: [number, number]) => t >= from && t < to) ? 1 : 0,
      ),
    );
    expect(marks).toEqual(own.slice(0, 3).map(({ loss }) => loss));
  });

  test('the next rows of the order, the step, what was evaluated', async () => {
    const { text } = await folderOf(runOn('llama', ['q']));
    const { start, base, training: settings } = JSON.parse(await text('settings.json'));
    const lengths = rows(10).map(({ ids }) => ids.length);
    const order = createDataOrder({ rowCount: 10, ...training, lengths });
    expect(start.step).toBe(4);
    expect(start.nextRows).toEqual([0, 1, 2].flatMap((micro) => [...order.microBatch(5, micro)]));
    expect(settings).toEqual(training);
    expect(base.rounding).toEqual({ f16: ['a.weight'] });
    expect(JSON.parse(await text('state/progress.json'))).toEqual({
      step: 4,
      elapsedMs: 1234.5,
      evaluations: [{ step: 4, loss: 1.5 }],
    });
  });

  test.each(PARITY_CASES.filter((name) => !/gpt2|cli-plain/.test(name)))('%s: parameters and moments', async (name) => {
    const run = runOn(name, ['q', 'o', 'down']);
    const { tensors } = await folderOf(run);
    const adapter = await tensors('adapter/adapter_model.safetensors');
    const moments = await tensors('state/optimizer.safetensors');
    expect(moments.size).toBe(2 * adapter.size);
    for (const { path, aStart, bStart, rank, place } of run.layout.modules) {
      const key = `base_model.model.${path}.lora_`;
      const [down, up] = [rank * place.inFeatures, rank * place.colCount];
      for (const [found, prefix, from] of [
        [adapter, '', 0.5],
        [moments, 'exp_avg/', 1e4],
        [moments, 'exp_avg_sq/', 2e4],
      ] as const) {
        expect(found.get(`${prefix}${key}A.weight`)?.values).toEqual(values(from, aStart, down));
        expect(found.get(`${prefix}${key}B.weight`)?.values).toEqual(values(from, bStart, up));
      }
    }
  });

  test("GPT-2's v and q apart: moments stand where the parameters do, and the rest is named as no parameter", async () => {
    const run = runOn('gpt2', ['q', 'v']);
    const { tensors, text } = await folderOf(run);
    const moments = await tensors('state/optimizer.safetensors');
    const { start } = JSON.parse(await text('settings.json'));
    expect(start.targets).toEqual({ 'attn.c_attn': [0, 2] });
    const [q, v] = run.layout.modules;
    const key = `base_model.model.${q!.path}.lora_B.weight`;
    expect(start.blocks[key]).toEqual([
      [q!.place.colStart, q!.place.colCount, 0, 3],
      [v!.place.colStart, v!.place.colCount, 3, 3],
    ]);
    const up = moments.get(`exp_avg/${key}`)!;
    const [outs = 0, rank = 0] = up.shape;
    const seen = { inside: 0, outside: 0 };
    for (let row = 0; row < outs; row++) {
      for (let column = 0; column < rank; column++) {
        const part = start.blocks[key].findIndex(
          ([r, n, c, m]: number[]) => row >= r! && row < r! + n! && column >= c! && column < c! + m!,
        );
        const module = [q!, v!][part];
        const place = module && (row - module.place.colStart) * 3 + (column - 3 * part);
        const expected = module && place !== undefined ? 1e4 + module.bStart + place : 0;
        expect(up.values[row * rank + column]).toBe(Math.fround(expected));
        seen[module ? 'inside' : 'outside']++;
      }
    }
    expect(seen.inside).toBe(3 * (q!.place.colCount + v!.place.colCount));
    expect(seen.outside).toBeGreaterThan(0);
  });

  test("SGD's velocity has torch's name; without momentum there is none", async () => {
    const run = runOn('llama', ['q']);
    const withMomentum = (momentum: number) =>
      folderOf({ ...run, training: { ...training, optimizer: { kind: 'sgd', momentum } } });
    const moments = await (await withMomentum(0.9)).tensors('state/optimizer.safetensors');
    expect([...moments.keys()].every((key) => key.startsWith('momentum_buffer/'))).toBe(true);
    const names = (await withMomentum(0)).entries.map(({ name }) => name);
    expect(names).not.toContain('state/optimizer.safetensors');
  });
});

test.each([
  [{ kind: 'steps', steps: 4 }, true],
  [{ kind: 'steps', steps: 5 }, false],
  [{ kind: 'epochs', epochs: 2.4 }, true],
] as const)('of %o, after step 4: whether it says how to go on past the end is %s', async (length, isOver) => {
  const { text } = await folderOf({ ...runOn('llama', ['q']), training: { ...training, length } });
  const readme = await text('README.md');
  expect(readme.includes('train.py --steps N')).toBe(isOver);
  expect(readme.includes('has finished the 4 steps')).toBe(isOver);
});

describe('from step 0', () => {
  test('has no weights, no moments, and names what A starts from', async () => {
    const { entries, text } = await folderOf({ ...runOn('llama', ['o', 'q']), state: undefined, metrics: [] });
    const names = entries.map(({ name }) => name);
    expect(names).toContain('adapter/adapter_config.json');
    for (const gone of ['adapter/adapter_model.safetensors', 'state/optimizer.safetensors', 'metrics.jsonl']) {
      expect(names).not.toContain(gone);
    }
    const { start } = JSON.parse(await text('settings.json'));
    expect(start).toMatchObject({ step: 0, seed: 9, targets: { 'self_attn.q_proj': [0], 'self_attn.o_proj': [3] } });
  });

  test('text alone: what has no target is left out', async () => {
    const pair = (line: number, target: string) => ({ kind: 'pair', prompt: `p${line}`, target, line }) as const;
    const { lines, text } = await folderOf({
      ...runOn('llama', ['q']),
      state: undefined,
      data: {
        name: 'x',
        template: '',
        isEncoded: false,
        train: [
          pair(1, 'yes'),
          pair(2, ' '),
          { kind: 'text', context: 'words', line: 3 },
          { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], line: 4 },
          { kind: 'chat', messages: [{ role: 'assistant', content: 'hi' }], line: 5 },
        ],
        validation: [],
      },
    });
    expect(await lines('data/train.jsonl')).toEqual([
      { line: 1, prompt: 'p1', target: 'yes' },
      { line: 3, text: 'words' },
      { line: 5, messages: [{ role: 'assistant', content: 'hi' }] },
    ]);
    expect(JSON.parse(await text('settings.json'))).toMatchObject({
      data: { isEncoded: false },
      start: { nextRows: [] },
    });
  });
});

test('every module that the Python imports of its own is there', () => {
  const python = (path: string) => readFileSync(new URL(`python/${path}`, import.meta.url), 'utf8');
  const modules = [...python('train.py').matchAll(/^from rankwise\.(\w+) import/gm)].map(([, name]) => name!);
  expect(modules.length).toBeGreaterThan(5);
  for (const name of modules) expect(python(`rankwise/${name}.py`)).not.toBe('');
});
