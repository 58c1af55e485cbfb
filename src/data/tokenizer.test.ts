// Held to ids and texts that the Rust tokenizers library gave (e2e/reference/tiny_tokenizers.py), odd Unicode included.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamDecoder } from './streamDecoder.ts';
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts';

const folder = new URL('../../e2e/fixtures/tokenizers/', import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));

function load(name: string, config?: object): TextTokenizer {
  return loadTokenizer({
    tokenizer: readJson(`${name}/tokenizer.json`),
    tokenizerConfig: config ?? readJson(`${name}/tokenizer_config.json`),
  });
}

const expectedSchema = z.array(
  z.object({
    text: z.string(),
    ids: z.array(z.int()),
    idsWithSpecial: z.array(z.int()),
    decoded: z.string(),
    decodedWithoutSpecial: z.string(),
  }),
);

describe.each(['gpt2', 'llama2', 'llama3', 'metaspace', 'qwen2', 'smollm2'])('%s', (name) => {
  const tokenizer = load(name);
  const cases = expectedSchema.parse(readJson(`${name}/expected.json`));

  it('has texts to compare', () => expect(cases.length).toBeGreaterThan(50));

  it.each(cases)(
    'encodes and decodes $text as Rust does',
    ({ text, ids, idsWithSpecial, decoded, decodedWithoutSpecial }) => {
      expect(tokenizer.encodeWithoutSpecial(text)).toEqual(ids);
      expect(tokenizer.encode(text)).toEqual(idsWithSpecial);
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(decodedWithoutSpecial);
    },
  );

  it('streams the text that decoding at once gives, never half a character', () => {
    for (const { idsWithSpecial, text } of cases) {
      const stream = streamDecoder(tokenizer);
      const pieces = idsWithSpecial.map((id) => stream.push(id));
      expect(pieces.join('') + stream.flush(), text).toBe(tokenizer.decode(idsWithSpecial));
      if (!text.includes('\uFFFD')) expect(pieces.join('')).not.toContain('\uFFFD');
    }
  });
});

describe('loadTokenizer', () => {
  it('finds special tokens by name', () => {
    const tokenizer = load('llama3');
    expect(tokenizer.tokenText(tokenizer.eosId)).toBe('<|end_of_text|>');
    expect(tokenizer.leadingIds).toEqual([tokenizer.bosId]);
    expect(tokenizer.decode([tokenizer.eosId, 300], { skipSpecial: true })).toBe(tokenizer.decode([300]));
    expect(tokenizer.vocabSize).toBe(400);
  });

  it('follows add_bos_token over the post-processor, as transformers 5 does', () => {
    const names = { bos_token: '<|begin_of_text|>', eos_token: { content: '<|end_of_text|>' } };
    expect(load('llama3', { ...names, add_bos_token: false }).leadingIds).toEqual([]);
    expect(
      load('qwen2', { bos_token: '<|im_start|>', eos_token: '<|im_end|>', add_bos_token: true }).leadingIds,
    ).toEqual([1]);
  });

  it('leaves out what a post-processor adds behind the text', () => {
    const json = z.looseObject({}).parse(readJson('llama2/tokenizer.json'));
    const sequence = { Sequence: { id: 'A', type_id: 0 } };
    const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
    const post_processor = {
      type: 'TemplateProcessing',
      single: [token('<s>'), sequence, token('</s>')],
      pair: [],
      special_tokens: {
        '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] },
        '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
      },
    };
    const tokenizer = loadTokenizer({ tokenizer: { ...json, post_processor }, tokenizerConfig: { eos_token: '</s>' } });
    expect(tokenizer.encode('a')).toEqual([1, ...tokenizer.encodeWithoutSpecial('a')]);
  });

  it('takes the end token from generation_config.json where the tokenizer names none', () => {
    const tokenizer = readJson('qwen2/tokenizer.json');
    const loaded = loadTokenizer({ tokenizer, generationConfig: { eos_token_id: [2, 0] } });
    expect(loaded.eosId).toBe(2);
    expect(loaded.stopIds).toEqual([2, 0]);
  });

  it('says what is missing', () => {
    expect(() => loadTokenizer({ tokenizer: {} })).toThrow('tokenizer.json: model');
    expect(() => loadTokenizer({ tokenizer: readJson('qwen2/tokenizer.json') })).toThrow('no end-of-sequence token');
    const odd = z.looseObject({}).parse(readJson('qwen2/tokenizer.json'));
    expect(() => loadTokenizer({ tokenizer: { ...odd, pre_tokenizer: { type: 'Unheard' } } })).toThrow(
      'the pre_tokenizer "Unheard" is not supported',
    );
    expect(() => loadTokenizer({ tokenizer: { ...odd, normalizer: { type: 'Unheard' } } })).toThrow(
      'the normalizer "Unheard" is not supported',
    );
    const vocab = { a: 0, '##b': 1 };
    const model = { type: 'BPE', vocab, merges: [], continuing_subword_prefix: '##' };
    expect(() => loadTokenizer({ tokenizer: { ...odd, model } })).toThrow('continuing_subword_prefix');
  });

  it('loads a vocabulary of Qwen’s size, odd names included', () => {
    const vocab = JSON.parse(`{"__proto__": 0, "constructor": 1}`);
    for (let id = 2; id < 200_000; id++) vocab[`token ${id}`] = id;
    const tokenizer = loadTokenizer({
      tokenizer: {
        model: { type: 'BPE', vocab, merges: [] },
        added_tokens: [{ id: 200_000, content: '<end>', special: true }],
      },
      tokenizerConfig: { eos_token: '<end>' },
    });
    expect(tokenizer.vocabSize).toBe(200_001);
    expect(tokenizer.tokenText(0)).toBe('__proto__');
  });

  it('shows pieces readably', () => {
    const tokenizer = load('gpt2');
    const shown = (text: string) => tokenizer.encode(text).map((id) => tokenizer.tokenText(id));
    expect(shown(' river\n').join('')).toBe(' river\n');
    expect(shown('ツ')).toEqual(['\\xE3', '\\x83', '\\x84']);
    const llama = load('llama2');
    expect(
      llama
        .encodeWithoutSpecial('the\n')
        .map((id) => llama.tokenText(id))
        .join(''),
    ).toBe(' the\n');
  });
});
