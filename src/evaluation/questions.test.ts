import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prepareDataset } from '../data/dataset.ts';
import { loadTokenizer } from '../data/tokenizer.ts';
import { canAsk, newTokensFor, questionsKey, questionsOf } from './questions.ts';

const MODEL = new URL('../../public/builtin/model/', import.meta.url);
const json = (name: string) => JSON.parse(readFileSync(new URL(name, MODEL), 'utf8'));
const tokenizer = loadTokenizer({ tokenizer: json('tokenizer.json'), tokenizerConfig: json('tokenizer_config.json') });

async function read(rows: readonly object[]) {
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  const file = { name: 'rows.jsonl', bytes: async () => new TextEncoder().encode(text) };
  return (await prepareDataset(file, { tokenizer, maxLength: 64, seed: 0 })).train;
}

describe('questions', () => {
  it('gather the rows of one context as several right answers', async () => {
    const data = await read([
      { context: 'who?', target: 'Ann' },
      { context: 'where?', target: 'Here' },
      { context: 'who?', target: 'Bob' },
      { context: 'who?', target: 'Ann' },
    ]);
    const questions = questionsOf(data, tokenizer);
    expect(questions.map(({ line, prompt, references }) => ({ line, prompt, references }))).toEqual([
      { line: 1, prompt: 'who?\n', references: ['Ann', 'Bob'] },
      { line: 2, prompt: 'where?\n', references: ['Here'] },
    ]);
    expect(questions[0]!.rows.map(({ line }) => line)).toEqual([1, 3, 4]);
    expect(questions[0]!.promptIds).toEqual(tokenizer.encode('who?\n'));
    expect(newTokensFor(questions)).toBe(Math.ceil(1.5 * (tokenizer.encodeWithoutSpecial('Here').length + 1)) + 8);
    expect(questionsOf(data, tokenizer, 1).map(({ rows }) => rows.length)).toEqual([3]);
  });

  it('of plain text ask nothing, but have rows', async () => {
    const questions = questionsOf(await read([{ text: 'one two' }, { text: 'one two' }]), tokenizer);
    expect(questions.map(({ rows, references }) => [rows.length, references])).toEqual([
      [1, []],
      [1, []],
    ]);
    expect(canAsk(questions)).toBe(false);
  });

  it('are known by a key', async () => {
    const key = async (target: string) => questionsKey(questionsOf(await read([{ context: 'a', target }]), tokenizer));
    expect(await key('b')).toBe(await key('b'));
    expect(await key('b')).not.toBe(await key('c'));
  });
});
