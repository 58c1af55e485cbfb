/**
 * How a byte-level tokenizer cuts a text before merging, by the name that GGUF gives it (`tokenizer.ggml.pre`): the
 * pre-tokenizer of the tokenizer.json that the file was made from.
 * Source: llama.cpp, `src/llama-vocab.cpp` (names and which share a pattern; its comments quote the original patterns).
 */

export interface PreTokenizer {
  /** Of a tokenizer.json, before its ByteLevel part. */
  splits: readonly object[];
  /** GPT-2's own pattern, in ByteLevel. */
  useRegex: boolean;
  isNfc: boolean;
  /** A word that is a token is not merged from parts. */
  ignoreMerges: boolean;
  /** Texts begin with the beginning-of-sequence token, where the file does not say. */
  addBos: boolean;
}

/** Split at what the pattern matches, which stays. */
export const isolate = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
const DIGITS = { type: 'Digits', individual_digits: true };

const PLAIN: PreTokenizer = { splits: [], useRegex: true, isNfc: false, ignoreMerges: false, addBos: false };
const wordsAnd = (numbers: string): PreTokenizer => ({
  ...PLAIN,
  splits: [
    isolate(
      `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    ),
  ],
  useRegex: false,
});

const SMOLLM: PreTokenizer = { ...PLAIN, splits: [DIGITS] };
const LLAMA3: PreTokenizer = { ...wordsAnd('\\p{N}{1,3}'), ignoreMerges: true, addBos: true };
const QWEN2: PreTokenizer = { ...wordsAnd('\\p{N}'), isNfc: true };
const TEKKEN: PreTokenizer = {
  ...PLAIN,
  splits: [
    isolate(
      '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|' +
        '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|' +
        '\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
    ),
  ],
  useRegex: false,
  ignoreMerges: true,
  addBos: true,
};
const DEEPSEEK_CODER: PreTokenizer = {
  ...PLAIN,
  splits: [
    ...['[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+'].map(isolate),
    DIGITS,
  ],
  useRegex: false,
};

/** Of names that stand for the same, the first is the one to write. */
export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ['smollm', SMOLLM],
  ['starcoder', SMOLLM],
  ['refact', SMOLLM],
  ['codeshell', SMOLLM],
  ['exaone', SMOLLM],
  ['minerva-7b', SMOLLM],
  ['gpt-2', PLAIN],
  ['gpt2', PLAIN],
  ['phi-2', PLAIN],
  ['mpt', PLAIN],
  ['olmo', PLAIN],
  ['jais', PLAIN],
  ['gigachat', PLAIN],
  ['roberta-bpe', PLAIN],
  ['exaone4', PLAIN],
  ['qwen2', QWEN2],
  ['deepseek-r1-qwen', QWEN2],
  ['megrez', QWEN2],
  ['kormo', QWEN2],
  ['stablelm2', { ...QWEN2, isNfc: false }],
  ['llama-bpe', LLAMA3],
  ['llama3', LLAMA3],
  ['llama-v3', LLAMA3],
  ['falcon3', LLAMA3],
  ['pixtral', LLAMA3],
  ['lfm2', LLAMA3],
  ['midm-2.0', LLAMA3],
  ['dbrx', { ...LLAMA3, ignoreMerges: false, addBos: false }],
  ['smaug-bpe', { ...LLAMA3, ignoreMerges: false, addBos: false }],
  ['tekken', TEKKEN],
  ['deepseek-coder', DEEPSEEK_CODER],
]);
