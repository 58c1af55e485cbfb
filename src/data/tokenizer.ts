// A model's tokenizer, from its tokenizer.json: text to ids and back. @huggingface/tokenizers does the work; here are the
// settings that transformers takes from the files around it (end token, leading tokens, chat template).
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { chatTemplateOf, chatTemplateSchema, namedTokenSchema } from '../formats/tokenizerConfig.ts';
import { pieceText } from './pieceText.ts';
import { fixDecoder, fixPreTokenizer } from './tokenizerFixes.ts';
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
  isSpecial(id: number): boolean;
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

const addedTokenSchema = z.looseObject({
  id: z.int().min(0),
  content: z.string(),
  special: z.boolean().default(false),
});

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).nullish(),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  decoder: z.unknown().optional(),
  // Not looked into: a vocabulary is large, and its keys may be anything, `__proto__` too.
  model: z.looseObject({ vocab: z.custom<object>((vocab) => typeof vocab === 'object' && vocab !== null) }),
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
  const added = json.added_tokens ?? [];
  const library = construct({
    ...json,
    added_tokens: added,
    normalizer: json.normalizer ?? null,
    pre_tokenizer: fixPreTokenizer(json.pre_tokenizer ?? null),
    post_processor: json.post_processor ?? null,
    decoder: json.decoder ?? null,
  });

  const namedTokens = readNamedTokens(config);
  const idOf = (name: string): number | undefined => {
    const text = namedTokens[name];
    return text === undefined ? undefined : library.token_to_id(text);
  };
  const generationEos = [generation.eos_token_id ?? []].flat();
  const eosId = idOf('eos_token') ?? generationEos[0];
  if (eosId === undefined) {
    throw new DataError(
      'tokenizer: no end-of-sequence token; expected eos_token in tokenizer_config.json or eos_token_id in generation_config.json',
    );
  }
  const bosId = idOf('bos_token');
  let vocabSize = 0;
  for (const id of library.get_vocab().values()) vocabSize = Math.max(vocabSize, id + 1);
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  for (const name of Object.keys(namedTokens)) special.add(idOf(name) ?? eosId);
  const addedIds = new Set(added.map((token) => token.id));

  const encodeWithoutSpecial = (text: string) =>
    text === '' ? [] : library.encode(text, { add_special_tokens: false }).ids;
  const explicit = config.add_bos_token ?? config.add_eos_token;
  const leadingIds =
    typeof explicit === 'boolean'
      ? config.add_bos_token && bosId !== undefined
        ? [bosId]
        : []
      : postProcessorPrefix(library);

  return {
    encode: (text) => [...leadingIds, ...encodeWithoutSpecial(text)],
    encodeWithoutSpecial,
    decode(ids, { skipSpecial = false } = {}) {
      const known = Array.from(ids).filter(
        (id) => library.id_to_token(id) !== undefined && !(skipSpecial && special.has(id)),
      );
      // transformers 5 never cleans up spaces for BPE, whatever the configuration says.
      return known.length === 0 ? '' : library.decode(known, { clean_up_tokenization_spaces: false });
    },
    leadingIds,
    eosId,
    stopIds: [...new Set([eosId, ...generationEos])],
    bosId,
    namedTokens,
    vocabSize,
    chatTemplate: files.chatTemplate ?? chatTemplateOf(config.chat_template),
    isSpecial: (id) => special.has(id),
    tokenText(id) {
      const piece = library.id_to_token(id);
      if (piece === undefined) return '';
      return addedIds.has(id) ? piece : pieceText(piece, json.decoder);
    },
  };
}

function check<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DataError(`${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not readable'}`);
}

function construct(json: object): Tokenizer {
  try {
    const library = new Tokenizer(json, {});
    library.decoder = fixDecoder(library.decoder);
    return library;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(`tokenizer.json: this kind of tokenizer is not supported (${reason})`);
  }
}

/** What the post-processor puts before a text; what it puts after (some add an end token) is not part of a prompt. */
function postProcessorPrefix(library: Tokenizer): number[] {
  const text = 'a';
  const bare = library.encode(text, { add_special_tokens: false }).ids;
  const full = library.encode(text).ids;
  const at = full.findIndex((_, start) => bare.every((id, i) => full[start + i] === id));
  return at < 0 ? [] : full.slice(0, at);
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
