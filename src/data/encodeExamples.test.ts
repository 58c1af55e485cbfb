import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatTemplateOf } from './chatTemplate.ts';
import { encodeExamples } from './encodeExamples.ts';
import { previewExample } from './preview.ts';
import { loadTokenizer } from './tokenizer.ts';
import type { Example, Pair, TokenRow } from './types.ts';

function load(name: string, chatTemplate?: string, config?: object) {
  const read = (path: string): unknown =>
    JSON.parse(readFileSync(new URL(`../../e2e/fixtures/tokenizers/${name}/${path}`, import.meta.url), 'utf8'));
  return loadTokenizer({
    tokenizer: read('tokenizer.json'),
    tokenizerConfig: config ?? read('tokenizer_config.json'),
    chatTemplate,
  });
}

const withBeginning = load('llama3');
const without = load('gpt2');
const pair = (context: string, target: string, line = 1): Pair => ({
  kind: 'pair',
  context,
  prompt: `${context}\n`,
  target,
  line,
});
const targets = (row: TokenRow) => [...row.ids].filter((_, t) => row.loss[t] === 1);

describe('the token rule', () => {
  it('is prompt with leading tokens, target without, end token; loss on target and end', async () => {
    for (const tokenizer of [withBeginning, without]) {
      const { rows } = await encodeExamples([pair('The river', ' runs')], { tokenizer, maxLength: 64 });
      const target = [...tokenizer.encodeWithoutSpecial(' runs'), tokenizer.eosId];
      expect([...rows[0]!.ids]).toEqual([...tokenizer.encode('The river\n'), ...target]);
      expect(targets(rows[0]!)).toEqual(target);
    }
  });

  it('cuts the context from its left, never the target, at every maximum length', async () => {
    const text = fc.string({ maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        text,
        text.filter((target) => target.trim() !== ''),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(withBeginning, without),
        async (context, target, maxLength, tokenizer) => {
          const { rows, problems, statistics } = await encodeExamples([pair(context, target)], {
            tokenizer,
            maxLength,
          });
          const prompt = tokenizer.encode(`${context}\n`);
          const leading = prompt.slice(0, tokenizer.leadingIds.length);
          const body = prompt.slice(leading.length);
          const goal = [...tokenizer.encodeWithoutSpecial(target), tokenizer.eosId];
          const room = maxLength - leading.length - goal.length;
          if (room < 0) {
            expect(rows).toEqual([]);
            expect(problems[0]?.reason).toBe(
              `the target alone needs ${leading.length + goal.length} tokens, the maximum length is ${maxLength}`,
            );
            expect(statistics).toMatchObject({ rows: 0, leftOut: 1, targetsTooLong: 1 });
            return;
          }
          const kept = body.slice(Math.max(0, body.length - room));
          expect([...rows[0]!.ids]).toEqual([...leading, ...kept, ...goal]);
          const expectedTargets = leading.length + kept.length === 0 ? goal.slice(1) : goal;
          expect(targets(rows[0]!)).toEqual(expectedTargets);
          expect(rows[0]!.loss[0]).toBe(0);
          expect(statistics.cutRows).toBe(kept.length < body.length ? 1 : 0);
        },
      ),
    );
  });
});

describe('plain text', () => {
  const text: Example = { kind: 'text', context: 'The Copper Kettle is a cheap Italian place by the river.', line: 1 };

  it('is all target, and continues in further rows without losing a token', async () => {
    for (const tokenizer of [withBeginning, without]) {
      const whole = [...tokenizer.encodeWithoutSpecial(text.context), tokenizer.eosId];
      for (const maxLength of [4, 7, 1000]) {
        const { rows } = await encodeExamples([text], { tokenizer, maxLength });
        const learned = rows.flatMap(targets);
        expect(learned).toEqual(tokenizer.leadingIds.length > 0 ? whole : whole.slice(1));
        for (const row of rows) expect(row.ids.length).toBeLessThanOrEqual(maxLength);
      }
    }
  });
});

describe('statistics', () => {
  it('counts rows, duplicates, empty contexts, cuts and tokens', async () => {
    const long = pair('The river runs past the mill and the old stone bridge', 'x', 4);
    const examples = [
      pair('a', 'b', 1),
      pair('a', 'b', 2),
      pair('a', 'c', 3),
      long,
      pair('', 'b', 5),
      pair('a', 'y'.repeat(90), 6),
    ];
    const seen: number[] = [];
    const { rows, sources, problems, statistics } = await encodeExamples(examples, {
      tokenizer: without,
      maxLength: 8,
      onProgress: (done) => seen.push(done),
    });
    expect(statistics).toMatchObject({
      rows: 5,
      leftOut: 1,
      duplicates: 1,
      emptyContexts: 1,
      cutRows: 1,
      targetsTooLong: 1,
      longest: 8,
    });
    expect(statistics.tokens).toBe(rows.reduce((sum, row) => sum + row.ids.length, 0));
    expect(statistics.targetTokens).toBe(rows.flatMap(targets).length);
    expect(statistics.histogram).toEqual([{ upTo: 8, rows: 5 }]);
    expect([...sources]).toEqual([0, 1, 2, 3, 4]);
    expect(problems.map((problem) => problem.line)).toEqual([6]);
    expect(seen).toEqual([0, 6]);
  });

  it('lets others work meanwhile, and stops when told to', async () => {
    const examples = Array.from({ length: 3000 }, (_, i) => pair(`The river ${i}`, 'runs past the mill', i + 1));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    await encodeExamples(examples, { tokenizer: without, maxLength: 64 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);

    const stop = new AbortController();
    const onProgress = (done: number) => done > 0 && stop.abort(new Error('stopped'));
    const run = encodeExamples(examples, { tokenizer: without, maxLength: 64, signal: stop.signal, onProgress });
    await expect(run).rejects.toThrow('stopped');
  });
});

describe('previewExample', () => {
  it('shows tokens with the target lit', () => {
    const shown = previewExample(pair('The river', ' runs'), { tokenizer: withBeginning, maxLength: 64 });
    if ('reason' in shown) throw new Error(shown.reason);
    const [row] = shown.rows;
    expect(shown.text).toBe('<|begin_of_text|>The river\n runs<|end_of_text|>');
    expect(row?.tokens.map((token) => token.text).join('')).toBe(shown.text);
    expect(
      row?.tokens
        .filter((token) => token.isTarget)
        .map((token) => token.text)
        .join(''),
    ).toBe(' runs<|end_of_text|>');
    expect(row?.tokens.filter((token) => token.isSpecial).length).toBe(2);
  });

  it('says why there is nothing to show', () => {
    const options = { tokenizer: without, maxLength: 4 };
    expect(previewExample(pair('a', 'x'.repeat(40)), options)).toEqual({
      reason: expect.stringContaining('the target alone needs'),
    });
    const chat: Example = { kind: 'chat', context: '', messages: [{ role: 'assistant', content: 'a' }], line: 1 };
    expect(previewExample(chat, options)).toEqual({ reason: expect.stringContaining('no chat template') });
  });

  it('renders chat by the model’s template', () => {
    const template =
      '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';
    const tokenizer = load('qwen2', template, { eos_token: '<|im_end|>' });
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    const chat: Example = { kind: 'chat', context: 'user: Hi', messages, line: 1 };
    const shown = previewExample(chat, { tokenizer, maxLength: 64, chatTemplate: chatTemplateOf(tokenizer) });
    if ('reason' in shown) throw new Error(shown.reason);
    const lit = shown.rows[0]?.tokens.filter((token) => token.isTarget) ?? [];
    expect(lit.map((token) => token.text).join('')).toBe('Hello<|im_end|>');
  });
});
