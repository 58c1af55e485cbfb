import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatTemplateOf } from './chatTemplate.ts';
import { type EncodeOptions, ExampleEncoder } from './encodeExamples.ts';
import { previewTokens } from './preview.ts';
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
function encodeExamples(examples: readonly Example[], options: EncodeOptions) {
  const encoder = new ExampleEncoder(options);
  for (const example of examples) encoder.add(example);
  return { ...encoder.part(), problems: encoder.problems };
}
const targets = (row: TokenRow) => [...row.ids].filter((_, t) => row.loss[t] === 1);

describe('the token rule', () => {
  it('is prompt with leading tokens, target without, end token; loss on target and end', () => {
    for (const tokenizer of [withBeginning, without]) {
      const { rows } = encodeExamples([pair('The river', ' runs')], { tokenizer, maxLength: 64 });
      const target = [...tokenizer.encodeWithoutSpecial(' runs'), tokenizer.eosId];
      expect([...rows[0]!.ids]).toEqual([...tokenizer.encode('The river\n'), ...target]);
      expect(targets(rows[0]!)).toEqual(target);
    }
  });

  it('cuts the context from its left, never the target, at every maximum length', () => {
    const text = fc.string({ maxLength: 30 });
    fc.assert(
      fc.property(
        text,
        text.filter((target) => target.trim() !== ''),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(withBeginning, without),
        (context, target, maxLength, tokenizer) => {
          const { rows, problems, statistics } = encodeExamples([pair(context, target)], {
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
            expect(statistics).toMatchObject({ rows: 0, tokens: 0 });
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

  it('is all target, and continues in further rows without losing a token', () => {
    for (const tokenizer of [withBeginning, without]) {
      const whole = [...tokenizer.encodeWithoutSpecial(text.context), tokenizer.eosId];
      for (const maxLength of [2, 4, 7, 1000]) {
        const { rows } = encodeExamples([text], { tokenizer, maxLength });
        const learned = rows.flatMap(targets);
        expect(learned).toEqual(tokenizer.leadingIds.length > 0 ? whole : whole.slice(1));
        for (const row of rows) {
          expect(row.ids.length).toBeLessThanOrEqual(maxLength);
          expect(row.loss).toContain(1);
        }
      }
    }
  });

  it('is left out where it comes to a single token', () => {
    const tokenizer = { ...without, encodeWithoutSpecial: () => [] };
    const { rows, problems } = encodeExamples([text], { tokenizer, maxLength: 8 });
    expect(rows).toEqual([]);
    expect(problems).toMatchObject([{ line: 1, reason: 'no token of it can be predicted from one before it' }]);
  });
});

describe('statistics', () => {
  const long = pair('The river runs past the mill and the old stone bridge', 'x', 4);
  const examples = [
    pair('a', 'b', 1),
    pair('a', 'b', 2),
    pair('a', 'c', 3),
    long,
    pair('', 'b', 5),
    pair('a', 'y'.repeat(90), 6),
  ];

  it('counts rows, duplicates, cuts and tokens', () => {
    const { rows, sources, problems, statistics } = encodeExamples(examples, { tokenizer: without, maxLength: 8 });
    expect(statistics).toMatchObject({ rows: 5, duplicates: 1, cutRows: 1 });
    expect(statistics.tokens).toBe(rows.reduce((sum, row) => sum + row.ids.length, 0));
    expect(statistics.targetTokens).toBe(rows.flatMap(targets).length);
    expect(statistics.histogram).toEqual([{ upTo: 8, rows: 5 }]);
    expect([...sources]).toEqual([0, 1, 2, 3, 4]);
    expect(problems.map((problem) => problem.line)).toEqual([6]);
  });

  it('counts each part by itself, and gives its examples back', () => {
    const encoder = new ExampleEncoder({ tokenizer: without, maxLength: 8 });
    for (const example of examples) encoder.add(example);
    const part = encoder.part(Uint32Array.of(1, 3, 5));
    expect(part.statistics).toMatchObject({ rows: 2, duplicates: 0, cutRows: 1 });
    expect(part.rows.map(({ line }) => line)).toEqual([2, 4]);
    expect([...part.sources]).toEqual([0, 1]);
    const { context: _, ...kept } = long;
    expect(part.examples.at(1)).toEqual(kept);
    expect([...part.examples].map(({ line }) => line)).toEqual([2, 4, 6]);
  });
});

describe('conversations', () => {
  it('marks the tokens of a conversation that carry loss', () => {
    const template =
      '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';
    const tokenizer = load('qwen2', template, { eos_token: '<|im_end|>' });
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    const chat: Example = { kind: 'chat', context: 'user: Hi', messages, line: 1 };
    const { rows } = encodeExamples([chat], { tokenizer, maxLength: 64, chatTemplate: chatTemplateOf(tokenizer) });
    const shown = previewTokens(rows[0]!, tokenizer);
    const textOf = (tokens: typeof shown) => tokens.map(({ text }) => text).join('');
    expect(textOf(shown)).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>');
    expect(textOf(shown.filter(({ isTarget }) => isTarget))).toBe('Hello<|im_end|>');
    const { problems } = encodeExamples([chat], { tokenizer: without, maxLength: 64 });
    expect(problems[0]?.reason).toContain('no chat template');
  });
});
