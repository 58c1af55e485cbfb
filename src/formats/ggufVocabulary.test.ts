// A tokenizer written to GGUF's metadata and read again cuts and numbers texts as before. That llama.cpp does so too is
// shown by e2e/llamaCpp.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type ByteSource, bytesSource, readText } from './byteSource.ts';
import { type GgufHeader, readGgufHeader } from './gguf.ts';
import { GgufMetadata } from './ggufMetadata.ts';
import { ggufTokenizer } from './ggufTokenizer.ts';
import { ggufVocabulary, type TokenizerJson } from './ggufVocabulary.ts';
import { ggufEntry } from './ggufWriter.ts';
import { isJsonObject, type JsonObject } from './json.ts';

const FIXTURES = fileURLToPath(new URL('../../e2e/fixtures/', import.meta.url));
const json = (path: string): JsonObject => JSON.parse(readFileSync(`${FIXTURES}${path}`, 'utf8'));

async function headerWith(files: TokenizerJson, rows: number): Promise<GgufHeader> {
  const { entries } = ggufVocabulary(files, rows);
  const { bytes } = ggufEntry('x.gguf', entries, []);
  const chunks: Uint8Array[] = [];
  const all = bytes();
  for await (const chunk of Symbol.asyncIterator in all ? all : [all]) chunks.push(chunk);
  return readGgufHeader(bytesSource(Buffer.concat(chunks), 'x.gguf'));
}

function fixture(name: string, changes: object = {}): TokenizerJson {
  return {
    tokenizer: { ...json(`tokenizers/${name}/tokenizer.json`), ...changes },
    tokenizerConfig: json(`tokenizers/${name}/tokenizer_config.json`),
    generationConfig: undefined,
    chatTemplate: undefined,
  };
}

const PRE: Record<string, string> = {
  gpt2: 'gpt-2',
  llama2: 'default',
  llama3: 'llama-bpe',
  metaspace: 'default',
  qwen2: 'qwen2',
  smollm2: 'smollm',
};

test.each(readdirSync(`${FIXTURES}tokenizers`))(
  '%s: the same vocabulary, merges and special tokens again',
  async (name) => {
    const files = fixture(name);
    const { model, added_tokens: added, normalizer } = json(`tokenizers/${name}/tokenizer.json`);
    if (!isJsonObject(model) || !isJsonObject(model.vocab)) throw new Error('no model');
    const rows = Object.keys(model.vocab).length + 3;
    const header = await headerWith(files, rows);
    const metadata = new GgufMetadata('x.gguf', header.metadata);
    expect(metadata.text('tokenizer.ggml.pre')).toBe(PRE[name]);
    const architecture = name === 'gpt2' || name === 'qwen2' ? name : 'llama';
    const again = ggufTokenizer(metadata, architecture, rows);
    const tokenizer: JsonObject = { ...again.tokenizer };
    if (!isJsonObject(tokenizer.model)) throw new Error('no model');
    expect(tokenizer.model.vocab).toEqual(model.vocab);
    expect(tokenizer.added_tokens).toEqual(added);
    if (PRE[name] !== 'default') {
      expect(tokenizer.model.merges).toEqual(model.merges);
      expect(tokenizer.normalizer).toEqual(normalizer);
    }
    const config = json(`tokenizers/${name}/tokenizer_config.json`);
    for (const token of ['bos_token', 'eos_token'] as const) {
      if (config[token] !== undefined && config[token] !== null)
        expect(again.tokenizerConfig[token]).toBe(config[token]);
    }
    expect(again.tokenizerConfig.chat_template).toBe(config.chat_template);
  },
);

test('SentencePiece: scores that give back the merges which its own scores gave', async () => {
  const source = bytesSource(readFileSync(`${FIXTURES}gguf/tokenizer-sentencepiece.gguf`), 'sp.gguf');
  const { metadata } = await readGgufHeader(source);
  const rows = new GgufMetadata('sp.gguf', metadata).texts('tokenizer.ggml.tokens')!.length;
  const first = ggufTokenizer(new GgufMetadata('sp.gguf', metadata), 'llama', rows);
  const files = { ...first, chatTemplate: undefined };
  expect(ggufVocabulary(files, rows).notes).toEqual([]);
  const written = await headerWith(files, rows);
  const again = ggufTokenizer(new GgufMetadata('x.gguf', written.metadata), 'llama', rows);
  expect(again).toEqual(first);
});

test.each<[string, object, RegExp]>([
  ['gpt2', { pre_tokenizer: { type: 'Whitespace' } }, /how it cuts texts .* own converter/],
  ['gpt2', { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true } }, /how it cuts texts/],
  ['gpt2', { normalizer: { type: 'Lowercase' } }, /the normalizer Lowercase/],
  ['llama2', { normalizer: { type: 'NFKC' } }, /a normalizer of its own/],
  ['gpt2', { model: { type: 'Unigram', vocab: [] } }, /a tokenizer of kind Unigram/],
  [
    'gpt2',
    { added_tokens: [{ id: 4000, content: '<x>', special: true }] },
    /"<x>" is number 4000, but the model has 500/,
  ],
])('%s with %j is refused by name', (name, changes, message) => {
  expect(() => ggufVocabulary(fixture(name, changes), name === 'llama2' ? 600 : 500)).toThrow(message);
});

test('cutting without a name: the name of a way that gives the same tokens, and it is said; else it is refused', () => {
  const builtin = fileURLToPath(new URL('../../public/builtin/model/', import.meta.url));
  const read = (file: string): JsonObject => JSON.parse(readFileSync(builtin + file, 'utf8'));
  const files = {
    generationConfig: undefined,
    chatTemplate: undefined,
    tokenizerConfig: read('tokenizer_config.json'),
  };
  const { entries, notes } = ggufVocabulary({ ...files, tokenizer: read('tokenizer.json') }, 1567);
  expect(entries).toContainEqual({ key: 'tokenizer.ggml.pre', type: 'string', value: 'gpt-2' });
  expect(notes.join(' ')).toMatch(/the file says gpt-2, and \d{4} of \d{4} trial texts get the same tokens/);
  // Whole sentences in one piece: merges cross the edges of words.
  const isolate = { type: 'Split', pattern: { Regex: '[^.]+|\\.' }, behavior: 'Isolated', invert: false };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
  const merges = [...'abcdefgh'].map((letter) => [letter, 'Ġ']);
  const { model } = json('tokenizers/gpt2/tokenizer.json');
  if (!isJsonObject(model) || !isJsonObject(model.vocab)) throw new Error('no model');
  const joined = Object.fromEntries(merges.map(([letter], i) => [`${letter}Ġ`, 400 + i]));
  const changes = {
    pre_tokenizer: { type: 'Sequence', pretokenizers: [isolate, byteLevel] },
    model: { ...model, merges: [...merges], vocab: { ...model.vocab, ...joined } },
  };
  expect(() => ggufVocabulary(fixture('gpt2', changes), 500)).toThrow(/how it cuts texts/);
});

test('an empty sequence of normalizers is none, and one of one is that one', () => {
  const pre = (normalizers: object[]) => {
    const { entries } = ggufVocabulary(fixture('qwen2', { normalizer: { type: 'Sequence', normalizers } }), 500);
    return entries.flatMap((entry) => ('value' in entry && entry.key.endsWith('.pre') ? [entry.value] : []));
  };
  expect(pre([{ type: 'NFC' }])).toEqual(['qwen2']);
  expect(pre([])).toEqual(['stablelm2']);
  expect(() => pre([{ type: 'NFC' }, { type: 'Lowercase' }])).toThrow(/the normalizer Lowercase/);
});

test('an end of a text is needed; further stops are ends of a turn and of a message', () => {
  const files = fixture('qwen2');
  const ends = (tokenizerConfig: object, generationConfig: object) =>
    ggufVocabulary({ ...files, tokenizerConfig, generationConfig }, 500).entries.flatMap((entry) =>
      'value' in entry && /_token_id$/.test(entry.key) ? [`${entry.key.split('.').at(-1)} ${entry.value}`] : [],
    );
  expect(() => ends({}, {})).toThrow(/eos_token: missing/);
  expect(ends({ eos_token: '<|im_end|>' }, { eos_token_id: [2, 0] })).toEqual(['eos_token_id 2', 'eot_token_id 0']);
  expect(ends({}, { eos_token_id: 0 })).toEqual(['eos_token_id 0']);
});

test('what stands before a text: the beginning of a sequence, which need not be named; nothing else can be said', () => {
  const begin = (post_processor: object, tokenizerConfig: object = { eos_token: '<|im_end|>' }) => {
    const files = { ...fixture('qwen2', { post_processor }), tokenizerConfig };
    const { entries } = ggufVocabulary(files, 500);
    return entries.flatMap((entry) => ('value' in entry && /bos_token/.test(entry.key) ? [entry.value] : []));
  };
  const template = (...ids: number[]) => ({
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<x>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<x>': { id: '<x>', ids, tokens: [] } },
  });
  expect(begin(template(1))).toEqual([1, true]);
  expect(begin({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, template(1)] })).toEqual([1, true]);
  expect(begin({ type: 'BertProcessing', sep: ['</s>', 2], cls: ['<s>', 0] })).toEqual([0, true]);
  expect(begin(template(1), { eos_token: '<|im_end|>', add_bos_token: false })).toEqual([false]);
  expect(() => begin(template(1), { eos_token: '<|im_end|>', bos_token: '<|endoftext|>' })).toThrow(/bos_token alone/);
  expect(() => begin(template(1, 2))).toThrow(/GGUF can put bos_token alone before a text, not 1, 2/);
});

test('every file in the repository that is given with a tokenizer.json can be written', async () => {
  for (const name of readdirSync(`${FIXTURES}parity`)) {
    const folder = `parity/${name}/model`;
    const source: ByteSource = bytesSource(readFileSync(`${FIXTURES}${folder}/tokenizer.json`), 'tokenizer.json');
    const tokenizer: unknown = JSON.parse(await readText(source));
    const tokenizerConfig = json(`${folder}/tokenizer_config.json`);
    const files = { tokenizer, tokenizerConfig, generationConfig: undefined, chatTemplate: undefined };
    expect(ggufVocabulary(files, 2000).entries.length).toBeGreaterThan(5);
  }
});
