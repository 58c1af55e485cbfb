// A model's tokenizer, from its tokenizer.json: text to ids and back, as the Rust library does it. The parts are in
// tokenizer/; here they come together, with the settings that transformers takes from the files around it (end token, leading
// tokens, chat template).
import { z } from 'zod';
import { leadingTokens } from '../formats/leadingTokens.ts';
import { chatTemplateOf, chatTemplateSchema, namedTokenSchema } from '../formats/tokenizerConfig.ts';
import { ownText } from './ownText.ts';
import { pieceText } from './pieceText.ts';
import { addedTokenSchema, addedTokensOf } from './tokenizer/addedTokens.ts';
import { normalizerOf } from './tokenizer/normalizers.ts';
import { preTokenizerOf } from './tokenizer/preTokenizers.ts';
import { modelSchema, wordModelOf } from './tokenizer/wordModel.ts';
import { DataError } from './types.ts';

export interface TextTokenizer {
  /** Leading special tokens as the post-processor adds them (a beginning-of-sequence token, say), then the text's. */
  encode(text: string): number[];
  /** The text's tokens alone. Special tokens written out in the text are still recognised, as transformers does. */
  encodeWithoutSpecial(text: string): number[];
  /** Unknown ids decode to nothing. Default: special tokens are kept. */
  decode(ids: ArrayLike<number>, options?: { skipSpecial?: boolean }): string;
  /** What `encode` puts before the text. */
  readonly leadingIds: readonly number[];
  /** The end-of-sequence token: what ends every target. */
  readonly eosId: number;
  /** Tokens at which generation stops: eosId and those that generation_config.json names. */
  readonly stopIds: readonly number[];
  readonly bosId: number | undefined;
  /** Special tokens by name, for the chat template: bos_token, eos_token, unk_token, pad_token … */
  readonly namedTokens: Readonly<Record<string, string>>;
  /** One more than the highest id. A model's embedding may have more rows. */
  readonly vocabSize: number;
  /** The chat template's source, if the model has one. */
  readonly chatTemplate: string | undefined;
  /** The token as a person reads it: byte-level pieces decoded, `\xE2` for bytes that are part of a character. */
  tokenText(id: number): string;
}

export interface TokenizerFiles {
  /** tokenizer.json, parsed. */
  tokenizer: unknown;
  /** tokenizer_config.json, parsed. */
  tokenizerConfig?: unknown;
  /** generation_config.json, parsed. */
  generationConfig?: unknown;
  /** chat_template.jinja; comes before tokenizer_config.json's chat_template. */
  chatTemplate?: string;
}

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).nullish(),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  decoder: z.unknown().optional(),
  model: modelSchema,
});

const configSchema = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  chat_template: chatTemplateSchema.nullish(),
});

const generationSchema = z.looseObject({ eos_token_id: z.union([z.int(), z.array(z.int())]).nullish() });

/**
 * Throws DataError, naming the file, when one of them is not what it should be, or when no end token can be found.
 * Leading tokens follow transformers 5: `add_bos_token` in tokenizer_config.json, where given, decides; else the post-processor.
 */
export function loadTokenizer(files: TokenizerFiles): TextTokenizer {
  const json = check(tokenizerSchema, files.tokenizer, 'tokenizer.json');
  const config = check(configSchema, files.tokenizerConfig ?? {}, 'tokenizer_config.json');
  const generation = check(generationSchema, files.generationConfig ?? {}, 'generation_config.json');
  const normalize = normalizerOf(json.normalizer);
  const preTokenizer = preTokenizerOf(json.pre_tokenizer);
  const model = wordModelOf(json.model, json.decoder);
  const addedTokens = json.added_tokens ?? [];
  const added = addedTokensOf(addedTokens, normalize);
  const addedIds = new Map(addedTokens.map(({ content, id }) => [content, id]));
  const pieceOf = (id: number) => added.contents.get(id) ?? model.pieceOf(id);

  const namedTokens = readNamedTokens(config);
  const idOf = (name: string): number | undefined => {
    const text = namedTokens[name];
    return text === undefined ? undefined : (addedIds.get(text) ?? model.idOf(text));
  };
  const generationEos = [generation.eos_token_id ?? []].flat();
  const eosId = idOf('eos_token') ?? generationEos[0];
  if (eosId === undefined) {
    throw new DataError(
      'tokenizer: no end-of-sequence token; expected eos_token in tokenizer_config.json or eos_token_id in generation_config.json',
    );
  }
  const bosId = idOf('bos_token');
  const vocabSize = addedTokens.reduce((size, { id }) => Math.max(size, id + 1), model.size);
  const special = new Set(addedTokens.filter((token) => token.special).map((token) => token.id));
  for (const name of Object.keys(namedTokens)) special.add(idOf(name) ?? eosId);

  const wordIds = remembered((word) => model.encode(preTokenizer.spell(word)));
  const encodeWithoutSpecial = (text: string) => {
    const ids: number[] = [];
    for (const section of added.split(text)) {
      if ('id' in section) {
        ids.push(section.id);
        continue;
      }
      for (const word of preTokenizer.cut([{ text: section.text, isStart: section.start === 0 }])) {
        for (const id of wordIds(word.text)) ids.push(id);
      }
    }
    return ids;
  };
  const leadingIds = leadingTokens(json.post_processor, config, bosId);

  return {
    encode: (text) => [...leadingIds, ...encodeWithoutSpecial(text)],
    encodeWithoutSpecial,
    decode(ids, { skipSpecial = false } = {}) {
      const pieces = Array.from(ids).flatMap((id) => (skipSpecial && special.has(id) ? [] : (pieceOf(id) ?? [])));
      // transformers 5 never cleans up spaces for BPE, whatever the configuration says.
      return model.decoder ? model.decoder.decode(pieces) : pieces.join(' ');
    },
    leadingIds,
    eosId,
    stopIds: [...new Set([eosId, ...generationEos])],
    bosId,
    namedTokens,
    vocabSize,
    chatTemplate: files.chatTemplate ?? chatTemplateOf(config.chat_template),
    tokenText(id) {
      const piece = pieceOf(id);
      if (piece === undefined) return '';
      return added.contents.has(id) ? piece : pieceText(piece, json.decoder);
    },
  };
}

function check<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DataError(`${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not readable'}`);
}

function readNamedTokens(config: Record<string, unknown>): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    if (!name.endsWith('_token')) continue;
    const token = namedTokenSchema.safeParse(value);
    if (token.success) named[name] = token.data;
  }
  return named;
}

/** As many words as are remembered, and no longer ones: most of a text is words that it had before. */
const MOST_WORDS = 50_000;
const LONGEST_WORD = 50;

function remembered(idsOf: (word: string) => readonly number[]): (word: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (word) => {
    if (word.length > LONGEST_WORD) return idsOf(word);
    const before = known.get(word);
    if (before) return before;
    const ids = idsOf(word);
    if (known.size === MOST_WORDS) known.clear();
    known.set(ownText(word), ids);
    return ids;
  };
}
