/**
 * A GGUF file's vocabulary as the tokenizer.json, tokenizer_config.json and generation_config.json of a transformers
 * folder: byte-level BPE with the file's own merges, or SentencePiece's BPE with merges made from the pieces' scores.
 * Source: ggml, `docs/gguf.md`; llama.cpp, `src/llama-vocab.cpp`; transformers, `integrations/gguf` and `generate_merges`.
 */

import type { GgufArchitecture } from './ggufConfig.ts';
import type { GgufMetadata } from './ggufMetadata.ts';
import { PRE_TOKENIZERS, type PreTokenizer } from './ggufPreTokenizers.ts';
import { mergesByScore } from './ggufScores.ts';

export interface GgufTokenizer {
  tokenizer: object;
  tokenizerConfig: Readonly<Record<string, unknown>>;
  generationConfig: Readonly<Record<string, unknown>>;
}

const TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
const GGML = 'tokenizer.ggml';

interface Vocabulary {
  /** By id. */
  tokens: readonly string[];
  typeOf: (id: number) => number;
}

/** Throws a FormatError naming the key, for other kinds of tokenizers too. */
export function ggufTokenizer(
  metadata: GgufMetadata,
  architecture: GgufArchitecture,
  vocabularySize: number,
): GgufTokenizer {
  const vocabulary = readVocabulary(metadata, vocabularySize);
  const kind = metadata.need(`${GGML}.model`, metadata.text);
  switch (kind) {
    case 'gpt2': {
      const pre = choosePreTokenizer(metadata, architecture, vocabulary.tokens);
      const special = specialTokens(metadata, vocabulary, pre.addBos);
      return assemble(metadata, vocabulary, special, byteLevelParts(metadata, vocabulary, pre));
    }
    case 'llama': {
      const special = specialTokens(metadata, vocabulary, true);
      return assemble(metadata, vocabulary, special, sentencePieceParts(metadata, vocabulary, special.named.unk_token));
    }
    default:
      throw metadata.fail(
        `${GGML}.model: tokenizers of kind ${JSON.stringify(kind)} are not supported (gpt2 and llama are); use the transformers folder of the same model`,
      );
  }
}

function readVocabulary(metadata: GgufMetadata, vocabularySize: number): Vocabulary {
  const tokens = metadata.need(`${GGML}.tokens`, metadata.texts);
  if (tokens.length === 0 || tokens.length > vocabularySize) {
    throw metadata.fail(
      `${GGML}.tokens: expected 1 to ${vocabularySize} tokens, as token_embd.weight has rows, got ${tokens.length}`,
    );
  }
  const types = metadata.numbers(`${GGML}.token_type`);
  if (types && types.length !== tokens.length) {
    throw metadata.fail(`${GGML}.token_type: expected ${tokens.length} types, one for each token, got ${types.length}`);
  }
  return { tokens, typeOf: (id) => types?.[id] ?? TYPE.normal };
}

function choosePreTokenizer(
  metadata: GgufMetadata,
  architecture: GgufArchitecture,
  tokens: readonly string[],
): PreTokenizer {
  const given = metadata.text(`${GGML}.pre`) ?? 'default';
  // Old files do not say; what their families use is known.
  const guess = { gpt2: 'gpt-2', qwen2: 'qwen2', qwen3: 'qwen2', llama: undefined }[architecture];
  const llama3 = tokens.includes('<|begin_of_text|>') ? 'llama-bpe' : undefined;
  const pre = PRE_TOKENIZERS.get(given === 'default' ? (guess ?? llama3 ?? given) : given);
  if (pre) return pre;
  throw metadata.fail(
    `${GGML}.pre: how ${JSON.stringify(given)} cuts texts is not known here; use the transformers folder of the same model`,
  );
}

interface SpecialTokens {
  /** bos_token, eos_token … */
  named: Record<string, string>;
  ids: { bos: number | undefined; eos: number };
  stopIds: number[];
  addBos: boolean;
  addEos: boolean;
}

/** Tokens that end a turn, by their texts: older files do not say which is theirs (llama.cpp knows it by these, too). */
const ENDS_OF_TURNS = ['<|eot_id|>', '<|im_end|>', '<|end|>', '<end_of_turn>'];

function specialTokens(metadata: GgufMetadata, { tokens }: Vocabulary, addBosByDefault: boolean): SpecialTokens {
  const id = (name: string) => {
    const key = `${GGML}.${name}_token_id`;
    const value = metadata.size(key);
    if (value === undefined || value < tokens.length) return value;
    throw metadata.fail(`${key}: expected a token below ${tokens.length}, got ${value}`);
  };
  const ids = { bos: id('bos'), eos: id('eos'), unk: id('unknown'), pad: id('padding'), sep: id('seperator') };
  const eos = ids.eos;
  if (eos === undefined) throw metadata.fail(`${GGML}.eos_token_id is missing: no token would end a text`);
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(ids)) {
    const token = value === undefined ? undefined : tokens[value];
    if (token !== undefined) named[`${name}_token`] = token;
  }
  const chatTemplate = metadata.text('tokenizer.chat_template') ?? '';
  const turnEnd = ENDS_OF_TURNS.find((token) => chatTemplate.includes(token) && tokens.includes(token));
  const eot = id('eot') ?? (turnEnd && tokens.indexOf(turnEnd));
  const stopIds = [eos, eot, id('eom')].filter((value) => typeof value === 'number');
  return {
    named,
    ids: { bos: ids.bos, eos },
    stopIds: [...new Set(stopIds)],
    addBos: ids.bos !== undefined && (metadata.flag(`${GGML}.add_bos_token`) ?? addBosByDefault),
    addEos: metadata.flag(`${GGML}.add_eos_token`) ?? false,
  };
}

/** What differs between kinds of tokenizers. */
interface Parts {
  normalizer: object | null;
  preTokenizer: object | null;
  decoder: object;
  model: object;
  /** The token types that are recognised in a text before anything else, and whether they are special. */
  added: ReadonlyMap<number, boolean>;
}

function assemble(
  metadata: GgufMetadata,
  { tokens, typeOf }: Vocabulary,
  special: SpecialTokens,
  { normalizer, preTokenizer, decoder, model, added }: Parts,
): GgufTokenizer {
  const addedTokens = tokens.flatMap((content, id) => {
    const isSpecial = added.get(typeOf(id));
    if (isSpecial === undefined || content === '') return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...plain, special: isSpecial }];
  });
  const { bos, eos } = special.ids;
  const before = special.addBos && bos !== undefined ? [bos] : [];
  const after = special.addEos ? [eos] : [];
  const chatTemplate = metadata.text('tokenizer.chat_template');
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens,
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: template(tokens, before, after),
      decoder,
      model,
    },
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      add_bos_token: special.addBos,
      add_eos_token: special.addEos,
      ...special.named,
      ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
    },
    generationConfig: {
      ...(bos === undefined ? {} : { bos_token_id: bos }),
      eos_token_id: special.stopIds.length === 1 ? eos : special.stopIds,
    },
  };
}

function template(tokens: readonly string[], before: readonly number[], after: readonly number[]): object {
  const text = (id: number) => tokens[id] ?? '';
  const special = (type: number) => (id: number) => ({ SpecialToken: { id: text(id), type_id: type } });
  const around = (name: string, type: number) => [
    ...before.map(special(type)),
    { Sequence: { id: name, type_id: type } },
    ...after.map(special(type)),
  ];
  const named = [...before, ...after].map((id) => [text(id), { id: text(id), ids: [id], tokens: [text(id)] }]);
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(named),
  };
}

/** Token to id, without tokens that stand for nothing. */
function vocabOf({ tokens, typeOf }: Vocabulary): Record<string, number> {
  const entries = tokens.flatMap((token, id): [string, number][] => (typeOf(id) === TYPE.unused ? [] : [[token, id]]));
  return Object.fromEntries(entries);
}

function byteLevelParts(metadata: GgufMetadata, vocabulary: Vocabulary, pre: PreTokenizer): Parts {
  const merges = metadata.need(`${GGML}.merges`, metadata.texts).map((merge, i) => {
    const pair = merge.split(' ');
    if (pair.length === 2) return pair;
    throw metadata.fail(`${GGML}.merges: expected two pieces in merge ${i}, got ${JSON.stringify(merge)}`);
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: pre.useRegex };
  return {
    normalizer: pre.isNfc ? { type: 'NFC' } : null,
    preTokenizer: pre.splits.length === 0 ? byteLevel : { type: 'Sequence', pretokenizers: [...pre.splits, byteLevel] },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: pre.ignoreMerges,
      vocab: vocabOf(vocabulary),
      merges,
    },
    added: new Map([
      [TYPE.control, true],
      [TYPE.userDefined, false],
    ]),
  };
}

/** SentencePiece writes ▁ for a space and puts one before every text; what no piece covers falls back to bytes. */
function sentencePieceParts(metadata: GgufMetadata, vocabulary: Vocabulary, unknown: string | undefined): Parts {
  const { tokens, typeOf } = vocabulary;
  const scores = metadata.need(`${GGML}.scores`, metadata.numbers);
  if (scores.length !== tokens.length) {
    throw metadata.fail(`${GGML}.scores: expected ${tokens.length} scores, one for each token, got ${scores.length}`);
  }
  const hasPrefix = metadata.flag(`${GGML}.add_space_prefix`) ?? true;
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const vocab = vocabOf(vocabulary);
  const unknownToken = unknown ?? tokens.find((_, id) => typeOf(id) === TYPE.unknown);
  return {
    normalizer: hasPrefix ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, spaces] } : spaces,
    preTokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(hasPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknownToken ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: mergesByScore(tokens, scores, new Map(Object.entries(vocab))),
    },
    added: new Map([
      [TYPE.unknown, true],
      [TYPE.control, true],
      [TYPE.userDefined, false],
    ]),
  };
}
