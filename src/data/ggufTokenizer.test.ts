// Tokenizers made from GGUF metadata, held to the ids of the Rust library and of SentencePiece.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bytesSource } from '../formats/byteSource.ts';
import { readGgufHeader } from '../formats/gguf.ts';
import { GgufMetadata } from '../formats/ggufMetadata.ts';
import { ggufTokenizer } from '../formats/ggufTokenizer.ts';
import { chatTemplateOf } from './chatTemplate.ts';
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts';

const FIXTURES = new URL('../../e2e/fixtures/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FIXTURES));

async function tokenizerOf(file: string) {
  const { metadata } = await readGgufHeader(bytesSource(read(`gguf/${file}.gguf`), `${file}.gguf`));
  return loadTokenizer(ggufTokenizer(new GgufMetadata(`${file}.gguf`, metadata), 'llama', 10_000));
}

const ids = z.array(z.int());
const idsSchema = z.array(z.object({ text: z.string(), ids }));
const rustSchema = z.array(
  z.object({ text: z.string(), ids, idsWithSpecial: ids, decoded: z.string(), decodedWithoutSpecial: z.string() }),
);

const opened = new Map<string, TextTokenizer>();
for (const kind of ['gpt2', 'llama3', 'qwen2', 'smollm2', 'tekken', 'deepseek_coder', 'sentencepiece']) {
  opened.set(kind, await tokenizerOf(`tokenizer-${kind}`));
}

function tokenizerFor(kind: string): TextTokenizer {
  const tokenizer = opened.get(kind);
  if (tokenizer) return tokenizer;
  throw new Error(kind);
}

describe.each(['gpt2', 'llama3', 'qwen2', 'smollm2'])('%s', (kind) => {
  const tokenizer = tokenizerFor(kind);
  const cases = rustSchema.parse(JSON.parse(read(`tokenizers/${kind}/expected.json`).toString()));

  it.each(cases)('encodes and decodes $text as Rust does', (expected) => {
    expect(tokenizer.encodeWithoutSpecial(expected.text)).toEqual(expected.ids);
    expect(tokenizer.encode(expected.text)).toEqual(expected.idsWithSpecial);
    expect(tokenizer.decode(expected.ids)).toBe(expected.decoded);
    expect(tokenizer.decode(expected.ids, { skipSpecial: true })).toBe(expected.decodedWithoutSpecial);
  });
});

describe.each(['tekken', 'deepseek_coder'])('%s', (kind) => {
  const tokenizer = tokenizerFor(kind);
  const cases = idsSchema.parse(JSON.parse(read(`gguf/tokenizer-${kind}.json`).toString()));

  it.each(cases)('encodes $text as Rust does, and back', ({ text, ids: expected }) => {
    expect(tokenizer.encode(text)).toEqual(expected);
    expect(tokenizer.decode(expected, { skipSpecial: true })).toBe(text);
  });
});

describe('SentencePiece', () => {
  const tokenizer = tokenizerFor('sentencepiece');
  const cases = idsSchema.parse(JSON.parse(read('gguf/sentencepiece.json').toString()));

  it.each(cases)('encodes $text as SentencePiece does, and back', ({ text, ids: expected }) => {
    expect(tokenizer.encodeWithoutSpecial(text)).toEqual(expected);
    // SentencePiece knows no ▁ but its own.
    expect(tokenizer.decode(expected)).toBe(text.replaceAll('▁', ' '));
  });

  it('begins with the token that starts a text, as files without a word on it do', () => {
    expect(tokenizer.leadingIds).toEqual([1]);
    expect(tokenizer.encode('a')).toEqual([1, ...tokenizer.encodeWithoutSpecial('a')]);
    expect(tokenizer.encodeWithoutSpecial('</s>')).toEqual([2]);
  });
});

it('takes the chat template and the end token from the file', async () => {
  const { metadata } = await readGgufHeader(bytesSource(read('gguf/mixed.gguf'), 'mixed.gguf'));
  const tokenizer = loadTokenizer(ggufTokenizer(new GgufMetadata('mixed.gguf', metadata), 'llama', 400));
  expect(tokenizer.tokenText(tokenizer.eosId)).toBe('<|im_end|>');
  expect(tokenizer.namedTokens).toMatchObject({ bos_token: '<|im_start|>', pad_token: '<|im_end|>' });
  expect(chatTemplateOf(tokenizer)?.render([{ role: 'user', content: 'Hi' }])).toBe('user: Hi\n');
});
