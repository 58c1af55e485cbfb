// Jinja's features one by one, held to what transformers renders (e2e/reference/jinja_features.py).
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { chatTemplateOf } from '../chatTemplate.ts';
import { DataError } from '../types.ts';

const { conversations, cases } = z
  .object({
    conversations: z.array(z.array(z.object({ role: z.string(), content: z.string() }))),
    cases: z.array(
      z.object({
        template: z.string(),
        rendered: z.array(z.object({ text: z.string().optional(), error: z.string().optional() })),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../e2e/fixtures/chat/features.json', import.meta.url), 'utf8')));

const render = (chatTemplate: string, messages: (typeof conversations)[number]): string | undefined => {
  const namedTokens = { bos_token: '<s>', eos_token: '</s>' };
  const template = chatTemplateOf({ chatTemplate, namedTokens }, () => new Date(2026, 2, 5, 14, 7, 9));
  return template?.render(messages, { addGenerationPrompt: true });
};

test.each(cases)('$template', ({ template, rendered }) => {
  for (const [i, { text }] of rendered.entries()) {
    const messages = conversations[i] ?? [];
    if (text === undefined) expect(() => render(template, messages)).toThrow(DataError);
    else expect(render(template, messages)).toBe(text);
  }
});

test.each([
  [`{% for i in range(99999) %}${'{{ i }}'.repeat(60)}{% endfor %}`, 'does not end'],
  ['{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}', 'calls itself too often'],
  ['{{ range(1000000000) }}', 'Range too big'],
  ['{% include "x" %}', 'cannot be read: {% include %} is not known here'],
  ['{{ x | unheard }}', "the filter 'unheard' is not known here"],
  ['{% for m in messages %}', 'expected {% else %} or {% endfor %}, got the template’s end'],
  ['{{ "a }}', 'unexpected'],
])('%s is refused: %s', (template, reason) => {
  expect(() => render(template, conversations[0] ?? [])).toThrow(reason);
});
