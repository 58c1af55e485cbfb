// Held to what transformers rendered (e2e/reference/chat_templates.py).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chatSpans } from './chatSpans.ts';
import { chatTemplateOf } from './chatTemplate.ts';
import { fitSpans } from './encodeRow.ts';
import { loadTokenizer } from './tokenizer.ts';

const fixtures = new URL('../../e2e/fixtures/', import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, fixtures), 'utf8'));

const rendered = z.union([z.string(), z.object({ error: z.string() })]);
const fixture = z
  .object({
    now: z.string(),
    families: z.array(
      z.object({
        name: z.string(),
        template: z.string(),
        tokenizer: z.string(),
        tokens: z.record(z.string(), z.string()),
        cases: z.array(
          z.object({
            title: z.string(),
            messages: z.array(z.object({ role: z.string(), content: z.string() })),
            text: rendered,
            prompt: rendered,
            ids: z.array(z.int()).nullable(),
          }),
        ),
      }),
    ),
  })
  .parse(readJson('chat/rendered.json'));

function load({ template, tokenizer, tokens }: (typeof fixture.families)[number]) {
  const tokenizerJson = readJson(`tokenizers/${tokenizer}/tokenizer.json`);
  const loaded = loadTokenizer({ tokenizer: tokenizerJson, tokenizerConfig: tokens, chatTemplate: template });
  const chat = chatTemplateOf(loaded, () => new Date(fixture.now));
  if (!chat) throw new Error('expected a chat template');
  return { tokenizer: loaded, chat };
}

describe.each(fixture.families)('$name template', (family) => {
  const { tokenizer, chat } = load(family);

  it.each(family.cases)('$title: the text and ids that transformers gives', ({ messages, text, prompt, ids }) => {
    for (const [expected, addGenerationPrompt] of [
      [text, false],
      [prompt, true],
    ] as const) {
      const render = () => chat.render(messages, { addGenerationPrompt });
      if (typeof expected === 'string') expect(render()).toBe(expected);
      else expect(render).toThrow(expected.error);
    }
    if (typeof text === 'string') expect(tokenizer.encodeWithoutSpecial(text)).toEqual(ids);
  });
});

function family(name: string) {
  const found = fixture.families.find((one) => one.name === name);
  if (!found) throw new Error(`no template ${name}`);
  return load(found);
}

/** Each row of a conversation: its text, and its targets' texts. */
function targetsOf(name: string, title: string) {
  const { tokenizer, chat } = family(name);
  const messages = fixture.families[0]?.cases.find((one) => one.title === title)?.messages ?? [];
  const spans = chatSpans(messages, chat, tokenizer);
  if ('reason' in spans) return spans.reason;
  return spans.map(({ spans: parts }) => ({
    text: tokenizer.decode(parts.flatMap((part) => part.ids)),
    targets: parts.filter((part) => part.isTarget).map((part) => tokenizer.decode(part.ids)),
  }));
}

describe('chatSpans', () => {
  it('marks each answer with its end token, and nothing else (ChatML)', () => {
    const text = family('chatml').chat.render(fixture.families[0]?.cases[2]?.messages ?? []);
    expect(targetsOf('chatml', 'three turns')).toEqual([
      {
        text: text.trimEnd(),
        targets: ['The Copper Kettle<|im_end|>', ' It\'s "cheap"\n<|im_end|>', "It's by the river.<|im_end|>"],
      },
    ]);
  });

  it('marks what the template makes of an answer (Llama 3 trims it)', () => {
    expect(targetsOf('llama3', 'three turns')).toMatchObject([
      { targets: ['The Copper Kettle<|eot_id|>', 'It\'s "cheap"<|eot_id|>', "It's by the river.<|eot_id|>"] },
    ]);
  });

  it('gives a row for each answer where the template rewrites earlier ones (Qwen3)', () => {
    const rows = targetsOf('qwen3', 'thinking');
    expect(rows).toMatchObject([
      { targets: ['<think>\nadd them\n</think>\n\n4<|im_end|>'] },
      { targets: ['<think>\nagain\n</think>\n\n6<|im_end|>'] },
    ]);
    expect(typeof rows === 'string' ? rows : rows[1]?.text).toContain('assistant\n4<|im_end|>');
  });

  it('reads the prompt in the tokens that generation starts from', () => {
    for (const { name, cases } of fixture.families) {
      if (name === 'features') continue;
      const { tokenizer, chat } = family(name);
      for (const { messages, text } of cases) {
        if (typeof text !== 'string' || messages.at(-1)?.role !== 'assistant') continue;
        const chats = chatSpans(messages, chat, tokenizer);
        if ('reason' in chats) throw new Error(chats.reason);
        const last = chats.at(-1)?.spans ?? [];
        const before = last
          .slice(
            0,
            last.findLastIndex((span) => span.isTarget),
          )
          .flatMap((span) => [...span.ids]);
        const prompt = chat.render(messages.slice(0, -1), { addGenerationPrompt: true });
        expect(tokenizer.decode(before), name).toBe(tokenizer.decode(tokenizer.encodeWithoutSpecial(prompt)));
      }
    }
  });

  it('finds the answer after a generation prompt that the turn does not repeat (DeepSeek-R1 opens <think>)', () => {
    const { tokenizer } = family('chatml');
    const chat = chatTemplateOf({
      namedTokens: {},
      chatTemplate:
        "{% for m in messages %}{% if m.role == 'user' %}user:{{ m.content }}{% else %}assistant:{{ m.content.split('</think>')[-1] }}<|im_end|>{% endif %}{% endfor %}{% if add_generation_prompt %}assistant:<think>\n{% endif %}",
    });
    if (!chat) throw new Error('no template');
    const spansOf = (content: string) =>
      chatSpans(
        [
          { role: 'user', content: 'a or e?' },
          { role: 'assistant', content },
        ],
        chat,
        tokenizer,
      );
    // Each letter stands in the end token as well.
    for (const content of ['e', 'n', 'assistant', ' i ', '<b>', '<think']) {
      const chats = spansOf(content);
      if ('reason' in chats) throw new Error(chats.reason);
      const texts = chats[0]?.spans.map(({ ids }) => tokenizer.decode(ids)) ?? [];
      expect(texts).toEqual(['user:a or e?assistant:', `${content}<|im_end|>`]);
    }
    expect(spansOf('so</think>e')).toEqual({ reason: expect.stringContaining('message 2 is rendered otherwise') });
  });

  it('says why a conversation cannot be used', () => {
    expect(targetsOf('mistral', 'system')).toBe(
      'chat template: Conversation roles must alternate user/assistant/user/assistant/...',
    );
    expect(targetsOf('chatml', 'question')).toBe('no assistant message, so there is no target');
    const { tokenizer, chat } = family('chatml');
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: ' ' },
    ];
    expect(chatSpans(messages, chat, tokenizer)).toEqual({ reason: "message 2: the assistant's answer is empty" });
  });

  it('cuts old turns from the left, keeps the beginning token and the last answer', () => {
    const { tokenizer, chat } = family('llama3');
    const messages = fixture.families[0]?.cases[2]?.messages ?? [];
    const chats = chatSpans(messages, chat, tokenizer);
    if ('reason' in chats) throw new Error(chats.reason);
    const { spans, keepLeading } = chats[0]!;
    const answers = ['The Copper Kettle<|eot_id|>', 'It\'s "cheap"<|eot_id|>', "It's by the river.<|eot_id|>"];
    const whole = spans.reduce((sum, span) => sum + span.ids.length, 0);
    const needed = 1 + tokenizer.encodeWithoutSpecial(answers[2]!).length;
    const seen = new Set<string>();
    for (let maxLength = needed; maxLength <= whole + 3; maxLength++) {
      const fitted = fitSpans(spans, keepLeading, maxLength, 1);
      if ('tooLong' in fitted) throw new Error('too long');
      expect(fitted.row.ids.length).toBe(Math.min(maxLength, whole));
      expect(fitted.row.ids[0]).toBe(tokenizer.bosId);
      expect(tokenizer.decode(fitted.row.ids).endsWith(answers[2]!)).toBe(true);
      seen.add(tokenizer.decode(fitted.row.ids.filter((_, t) => fitted.row.loss[t] === 1)));
    }
    expect([...seen]).toEqual([answers[2], answers.slice(1).join(''), answers.join('')]);
    expect(fitSpans(spans, keepLeading, needed - 1, 1)).toEqual({ tooLong: needed });
  });
});

describe('chatTemplateOf', () => {
  it('is undefined without a template, and refuses one that cannot be read', () => {
    expect(chatTemplateOf({ chatTemplate: undefined, namedTokens: {} })).toBeUndefined();
    expect(() => chatTemplateOf({ chatTemplate: '{% for %}', namedTokens: {} })).toThrow(
      'chat template: cannot be read',
    );
  });
});
