import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBuiltinTasks, sqlTableOf } from './builtinTasks.ts';
import { type DatasetOptions, prepareDataset, UnusableRowsError } from './dataset.ts';
import { parseFile } from './parseFile.ts';
import { splitExamples } from './split.ts';
import { textHash } from './textHash.ts';
import { loadTokenizer } from './tokenizer.ts';
import type { DataFile } from './types.ts';

const root = new URL('../../', import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const tokenizer = loadTokenizer({
  tokenizer: readJson('e2e/fixtures/tokenizers/gpt2/tokenizer.json'),
  tokenizerConfig: readJson('e2e/fixtures/tokenizers/gpt2/tokenizer_config.json'),
});
const file = (name: string, text: string): DataFile => ({ name, bytes: async () => new TextEncoder().encode(text) });
const prepare = (data: DataFile, options: Partial<DatasetOptions> = {}) =>
  prepareDataset(data, { tokenizer, maxLength: 64, seed: 1, ...options });

describe('prepareDataset', () => {
  it('goes from a file to rows, listing every row left out by line', async () => {
    const text = '{"prompt":"a","completion":"b"}\n{"prompt":"a"}\nnot json\n{"prompt":"a","completion":""}\n';
    const long = JSON.stringify({ prompt: 'a', completion: 'z'.repeat(99) });
    const { mapping, prompt, train, problems, validation } = await prepare(file('a.txt', `${text}${long}\n`));
    expect(mapping).toEqual({ kind: 'pairs', context: 'prompt', target: 'completion' });
    expect(prompt).toEqual({ kind: 'template', template: '{context}\n' });
    expect(train.rows.map((row) => tokenizer.decode(row.ids))).toEqual(['a\nb<|endoftext|>']);
    expect(validation).toBeUndefined();
    expect(problems.map((problem) => problem.line)).toEqual([2, 3, 4, 5]);
  });

  it('lets others work meanwhile, and stops when told to', async () => {
    const rows = file('a.txt', Array.from({ length: 30_000 }, (_, i) => `The river ${i}||runs past ${i}`).join('\n'));
    const seen: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    const { train } = await prepare(rows, { onProgress: (done, total) => seen.push(done, total) });
    clearInterval(timer);
    expect(train.rows.length).toBe(30_000);
    expect([seen.at(0), seen.at(-2), seen.at(-1)]).toEqual([0, 30_000, 30_000]);
    expect(ticks).toBeGreaterThan(1);

    const stop = new AbortController();
    const onProgress = (done: number) => done > 0 && stop.abort(new Error('stopped'));
    await expect(prepare(rows, { signal: stop.signal, onProgress })).rejects.toThrow('stopped');
  });

  it('applies a template', async () => {
    const { train } = await prepare(file('a.csv', 'question,answer\nwhy,so\n'), {
      prompt: { kind: 'template', template: 'Q: {question}\nA: ' },
    });
    expect(tokenizer.decode(train.rows[0]!.ids)).toBe('Q: why\nA: so<|endoftext|>');
  });

  it('takes the outer columns of words where no name is known and a person can change them', async () => {
    const rows = file('a.csv', 'id,ask,topic,reply\n1,why,life,so\n2,how,life,thus\n');
    const { mapping, train } = await prepare(rows, { mayGuessBlindly: true });
    expect(mapping).toEqual({ kind: 'pairs', context: 'ask', target: 'reply' });
    expect(train.rows.map((row) => tokenizer.decode(row.ids))).toEqual([
      'why\nso<|endoftext|>',
      'how\nthus<|endoftext|>',
    ]);
    await expect(prepare(file('b.csv', 'x,y,z\n1,2,3\n'), { mayGuessBlindly: true })).rejects.toThrow('cannot tell');
  });

  it('finds conversations by what is in a column, and prompts that are messages', async () => {
    const user = { role: 'user', content: 'a' };
    const assistant = { from: 'gpt', value: 'b' };
    const mappingOf = async (row: unknown) => {
      const reading = prepare(file('a.jsonl', `${JSON.stringify(row)}\n`));
      await expect(reading).rejects.toThrow('no chat template');
      return reading.catch((error: Error) => error.message);
    };
    expect(await mappingOf({ id: 'x', dialog: [user, assistant] })).toContain('choose a model that has one');
    expect(await mappingOf({ chosen: [user, assistant], rejected: [user, assistant] })).toContain('rendered as chat');
    expect(await mappingOf({ prompt: [user], completion: [assistant] })).toContain('line 1');
  });

  it('renders the date that it is told, so that a run goes on with its rows on another day', async () => {
    const chatTemplate = "{{ strftime_now('%F') }}{% for m in messages %}|{{ m.content }}{% endfor %}";
    const rows = file('a.jsonl', '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n');
    const dated = { tokenizer: { ...tokenizer, chatTemplate }, renderedAt: new Date(2026, 2, 5) };
    const { train } = await prepare(rows, dated);
    expect(tokenizer.decode(train.rows[0]!.ids)).toBe('2026-03-05|a|b<|endoftext|>');
  });

  it('takes validation rows from a fraction or a second file', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `context ${i}||target ${i}`).join('\n');
    const split = await prepare(file('a.txt', rows), { validation: 0.2 });
    expect([split.train.rows.length, split.validation?.rows.length]).toEqual([16, 4]);
    const second = await prepare(file('a.txt', rows), { validation: file('b.csv', 'context,target\nx,y\nx,\n') });
    expect([second.train.rows.length, second.validation?.rows.length]).toEqual([20, 1]);
    expect(second.problems).toMatchObject([{ line: 3, reason: 'b.csv: the target is empty' }]);
  });

  it('tells what it read of a file that cannot be used so, for a person to read it otherwise', async () => {
    const rows = file('a.jsonl', '{"question":"why","answer":["so"],"reply":"so"}\n');
    const refused: unknown = await prepare(rows).catch((error: unknown) => error);
    if (!(refused instanceof UnusableRowsError)) throw refused;
    expect(refused.reading).toMatchObject({
      file: { columns: ['question', 'answer', 'reply'], rowCount: 1 },
      mapping: { kind: 'pairs', context: 'question', target: 'answer' },
      problems: [{ line: 1, reason: 'column "answer" is not text but a list' }],
    });
    const mapping = { ...refused.reading.mapping, target: 'reply' } as const;
    expect(
      (await prepare(rows, { mapping: { ...mapping, kind: 'pairs', context: 'question' } })).train.rows.length,
    ).toBe(1);
  });

  it('refuses a file of which nothing is left, with the reason', async () => {
    const empty = prepare(file('a.csv', 'context,target\na,\nb,\n'));
    await expect(empty).rejects.toThrow(
      'a.csv: no row can be used: line 2: the target is empty (and 1 more row left out)',
    );
    await expect(prepare(file('a.csv', 'context,target\n'))).rejects.toThrow(
      'a.csv: no row can be used: it has no rows',
    );
    await expect(prepare(file('a.jsonl', '{"a":\n{"b":\n'))).rejects.toThrow(/a\.jsonl: line 1: wrong JSON/);
    await expect(prepare(file('a.csv', 'x,y,z\n1,2,3\n'))).rejects.toThrow(
      'cannot tell context from target among the columns "x", "y", "z"',
    );
    const chat = file('c.jsonl', '{"messages":[{"role":"user","content":"a"}]}\n');
    await expect(prepare(chat)).rejects.toThrow('this model has no chat template');
    const mapping = { kind: 'pairs', context: 'q', target: 'target' } as const;
    await expect(prepare(file('a.csv', 'context,target\na,b\n'), { mapping })).rejects.toThrow('a.csv: no column "q"');
  });
});

describe('splitExamples', () => {
  const contexts = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1, maxLength: 60 });

  it('keeps every example once, a context on one side, the same for the same seed', () => {
    fc.assert(
      fc.property(contexts, fc.double({ min: 0, max: 0.9, noNaN: true }), fc.nat(), (list, fraction, seed) => {
        const hashes = list.map((context) => textHash(context));
        const { train, validation } = splitExamples(hashes, fraction, seed);
        expect([...train, ...validation].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
        const held = new Set(Array.from(validation, (i) => list[i]));
        expect(train.some((i) => held.has(list[i]))).toBe(false);
        expect(train.length).toBeGreaterThan(0);
        expect(validation.length > 0).toBe(fraction > 0 && new Set(list).size > 1);
        expect(splitExamples(hashes, fraction, seed)).toEqual({ train, validation });
      }),
    );
  });

  it('holds about the fraction asked for, and draws by the seed', () => {
    const examples = Array.from({ length: 1000 }, (_, i) => i >> 1);
    const { validation } = splitExamples(examples, 0.1, 7);
    expect(validation.length).toBe(100);
    expect(splitExamples(examples, 0.1, 8).validation).not.toEqual(validation);
    expect(() => splitExamples(examples, 1, 7)).toThrow('expected a fraction from 0 to below 1');
  });
});

describe('the built-in data sets', () => {
  const tasks = parseBuiltinTasks(readJson('public/builtin/data/index.json'));

  it.each(tasks)('$id: files as the index says, every row usable', async ({ files, rows, metric }) => {
    for (const part of ['training', 'heldOut'] as const) {
      const path = `public/builtin/data/${files[part]}`;
      const parsed = await parseFile({
        name: path,
        bytes: async () => new Uint8Array(readFileSync(new URL(path, root))),
      });
      expect(parsed.layout).toBe('jsonl');
      expect(parsed.problems).toEqual([]);
      expect(parsed.rows.length).toBe(rows[part]);
      for (const row of parsed.rows) {
        expect(typeof row.values.context === 'string' && typeof row.values.target === 'string').toBe(true);
        if (metric === 'executes') expect(sqlTableOf(row.values)?.columns.length).toBeGreaterThan(0);
      }
    }
  });

  it('names the field that is wrong', () => {
    expect(() => parseBuiltinTasks({ tasks: [{ ...tasks[0], metric: 'vibes' }] })).toThrow(
      'index.json: tasks.0.metric',
    );
  });
});
