// Every part of a tokenizer.json held to what the Rust library does with it (e2e/reference/tokenizer_pipelines.py).
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadTokenizer } from '../tokenizer.ts';

const { bases, texts, cases } = z
  .object({
    bases: z.record(z.string(), z.looseObject({})),
    texts: z.array(z.string()),
    cases: z.array(
      z.object({
        name: z.string(),
        base: z.string(),
        parts: z.looseObject({}),
        model: z.looseObject({}),
        expected: z.array(z.tuple([z.array(z.int()), z.string()])),
      }),
    ),
  })
  .parse(
    JSON.parse(readFileSync(new URL('../../../e2e/fixtures/tokenizerParts/pipelines.json', import.meta.url), 'utf8')),
  );

test.each(cases)('$name ($base)', ({ base, parts, model, expected }) => {
  const tokenizer = loadTokenizer({
    tokenizer: { ...parts, model: { ...bases[base], ...model } },
    tokenizerConfig: { eos_token: '</s>' },
  });
  for (const [i, [ids, decoded]] of expected.entries()) {
    const text = texts[i] ?? '';
    expect([text, tokenizer.encodeWithoutSpecial(text)]).toEqual([text, ids]);
    expect(tokenizer.decode(ids)).toBe(decoded);
  }
});
