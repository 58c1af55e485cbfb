import { expect, test } from 'vitest';
import type { GgufArchitecture } from './ggufConfig.ts';
import type { GgufValue } from './ggufCursor.ts';
import { GgufMetadata } from './ggufMetadata.ts';
import { ggufTokenizer } from './ggufTokenizer.ts';

type Entries = Record<string, GgufValue | undefined>;

const BYTE_LEVEL: Entries = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'gpt-2',
  'tokenizer.ggml.tokens': ['<s>', '</s>', 'a', 'b', 'ab', '[PAD5]', '<tool>'],
  'tokenizer.ggml.token_type': Int32Array.of(3, 3, 1, 1, 1, 5, 4),
  'tokenizer.ggml.merges': ['a b'],
  'tokenizer.ggml.bos_token_id': 0,
  'tokenizer.ggml.eos_token_id': 1,
};
const PIECES: Entries = {
  ...BYTE_LEVEL,
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.scores': Float32Array.of(0, 0, -1, -2, -3, 0, 0),
};

function made(entries: Entries, architecture: GgufArchitecture = 'gpt2', rows = 7) {
  const defined = Object.entries(entries).flatMap(([key, value]): [string, GgufValue][] =>
    value === undefined ? [] : [[key, value]],
  );
  return ggufTokenizer(new GgufMetadata('x.gguf', new Map(defined)), architecture, rows);
}

const without = (...keys: string[]) => Object.fromEntries(keys.map((key) => [`tokenizer.ggml.${key}`, undefined]));

test('control tokens are special, user-defined ones are not, unused ones are none', () => {
  const { tokenizer } = made(BYTE_LEVEL);
  expect(tokenizer).toMatchObject({
    added_tokens: [
      { id: 0, content: '<s>', special: true },
      { id: 1, content: '</s>', special: true },
      { id: 6, content: '<tool>', special: false },
    ],
    model: { vocab: { '<s>': 0, '</s>': 1, a: 2, b: 3, ab: 4, '<tool>': 6 }, merges: [['a', 'b']] },
  });
});

test('stops are the end of a text, of a turn and of a message', () => {
  const more = { 'tokenizer.ggml.eot_token_id': 6, 'tokenizer.ggml.eom_token_id': 1 };
  expect(made(BYTE_LEVEL).generationConfig).toEqual({ bos_token_id: 0, eos_token_id: 1 });
  expect(made({ ...BYTE_LEVEL, ...more }).generationConfig).toEqual({ bos_token_id: 0, eos_token_id: [1, 6] });
});

test('the end of a turn that the chat template writes is a stop where the file names none', () => {
  const tokens = ['<s>', '</s>', 'a', 'b', 'ab', '<|end|>', '<|eot_id|>'];
  const silent = { ...BYTE_LEVEL, 'tokenizer.ggml.tokens': tokens };
  const template = { 'tokenizer.chat_template': "{{ messages[0].content }}{{ '<|eot_id|>' }}" };
  expect(made(silent).generationConfig).toEqual({ bos_token_id: 0, eos_token_id: 1 });
  expect(made({ ...silent, ...template }).generationConfig).toEqual({ bos_token_id: 0, eos_token_id: [1, 6] });
  const said = { ...silent, ...template, 'tokenizer.ggml.eot_token_id': 5 };
  expect(made(said).generationConfig).toEqual({ bos_token_id: 0, eos_token_id: [1, 5] });
});

test('a beginning is put before texts where the file or its kind says so', () => {
  const beginning = (entries: Entries) => made(entries, 'llama').tokenizerConfig.add_bos_token;
  expect(beginning(BYTE_LEVEL)).toBe(false);
  expect(beginning({ ...BYTE_LEVEL, 'tokenizer.ggml.pre': 'llama-bpe' })).toBe(true);
  expect(beginning(PIECES)).toBe(true);
  expect(beginning({ ...PIECES, 'tokenizer.ggml.add_bos_token': false })).toBe(false);
  expect(beginning({ ...PIECES, ...without('bos_token_id') })).toBe(false);
  const both = { ...BYTE_LEVEL, 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true };
  expect(made(both).tokenizer).toMatchObject({
    post_processor: {
      single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }, { SpecialToken: { id: '</s>' } }],
      special_tokens: { '<s>': { ids: [0] }, '</s>': { ids: [1] } },
    },
  });
});

test('files that do not say how texts are cut get what their family has', () => {
  const silent = { ...BYTE_LEVEL, ...without('pre') };
  expect(made(silent, 'gpt2').tokenizer).toMatchObject({ pre_tokenizer: { type: 'ByteLevel' }, normalizer: null });
  expect(made(silent, 'qwen2').tokenizer).toMatchObject({ normalizer: { type: 'NFC' } });
  expect(() => made(silent, 'llama')).toThrow('x.gguf: tokenizer.ggml.pre: how "default" cuts texts is not known');
  const llama3 = { ...silent, 'tokenizer.ggml.tokens': ['<|begin_of_text|>', '</s>', 'a', 'b', 'ab', 'c', 'd'] };
  expect(made(llama3, 'llama').tokenizer).toMatchObject({ model: { ignore_merges: true } });
});

test('pieces merge by score, each in every way that two others make it', () => {
  const tokens = ['<unk>', '▁', 'a', 'b', 'ab', '▁a', '▁ab'];
  const scores = Float32Array.of(0, -5, -6, -7, -2, -1, -3);
  const types = Int32Array.of(2, 1, 1, 1, 1, 1, 1);
  const file = {
    ...PIECES,
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.scores': scores,
    'tokenizer.ggml.token_type': types,
    'tokenizer.ggml.add_space_prefix': false,
  };
  expect(made(file).tokenizer).toMatchObject({
    normalizer: { type: 'Replace', content: '▁' },
    model: {
      unk_token: '<unk>',
      byte_fallback: true,
      merges: [
        ['▁', 'a'],
        ['a', 'b'],
        ['▁a', 'b'],
        ['▁', 'ab'],
      ],
    },
  });
});

test.each<[Entries, string]>([
  [{ 'tokenizer.ggml.model': 'bert' }, 'tokenizer.ggml.model: tokenizers of kind "bert" are not supported'],
  [without('model'), 'tokenizer.ggml.model is missing'],
  [without('tokens'), 'tokenizer.ggml.tokens is missing'],
  [without('merges'), 'tokenizer.ggml.merges is missing'],
  [without('eos_token_id'), 'tokenizer.ggml.eos_token_id is missing'],
  [{ 'tokenizer.ggml.tokens': new Array(8).fill('x') }, 'expected 1 to 7 tokens, as token_embd.weight has rows, got 8'],
  [{ 'tokenizer.ggml.tokens': Int32Array.of(1) }, 'tokenizer.ggml.tokens: expected a list of texts, got a list of 1'],
  [{ 'tokenizer.ggml.token_type': Int32Array.of(1) }, 'expected 7 types, one for each token, got 1'],
  [{ 'tokenizer.ggml.eos_token_id': 7 }, 'tokenizer.ggml.eos_token_id: expected a token below 7, got 7'],
  [{ 'tokenizer.ggml.merges': ['a b c'] }, 'expected two pieces in merge 0, got "a b c"'],
  [{ 'tokenizer.ggml.add_bos_token': 1 }, 'tokenizer.ggml.add_bos_token: expected true or false, got 1'],
  [{ 'tokenizer.ggml.model': 'llama' }, 'tokenizer.ggml.scores is missing'],
])('%j is refused', (entries, message) => {
  expect(() => made({ ...BYTE_LEVEL, ...entries })).toThrow(message);
});
