/**
 * The tokenizer of a transformers folder as GGUF's metadata, for llama.cpp: byte-level BPE (`gpt2`) with the folder's own
 * merges, or SentencePiece's BPE (`llama`) with scores that give its merges back. The reverse of ggufTokenizer.ts.
 * Source: ggml, `docs/gguf.md`; llama.cpp, `src/llama-vocab.cpp` and `conversion/base.py`.
 */
import { z } from 'zod';
import { FormatError } from './formatError.ts';
import { likePreTokenizer, preTokenizerName } from './ggufPreTokenizerName.ts';
import { scoresOf } from './ggufScores.ts';
import type { GgufEntry } from './ggufWriter.ts';
import { leadingTokens } from './leadingTokens.ts';
import { chatTemplateOf, chatTemplateSchema, namedTokenSchema } from './tokenizerConfig.ts';

export interface TokenizerJson {
  /** tokenizer.json, tokenizer_config.json and generation_config.json, parsed. */
  readonly tokenizer: unknown;
  readonly tokenizerConfig: unknown;
  readonly generationConfig: unknown;
  /** chat_template.jinja, which comes before tokenizer_config.json's. */
  readonly chatTemplate: string | undefined;
}

export interface GgufVocabulary {
  readonly entries: readonly GgufEntry[];
  /** Where llama.cpp may cut texts otherwise than the folder's tokenizer does. */
  readonly notes: readonly string[];
}

const NAME = 'tokenizer.json';
const GGML = 'tokenizer.ggml';
const TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

// Not looked into by zod: a vocabulary is large, and its keys may be anything, `__proto__` too.
const vocabSchema = z.custom<object>((vocab) => typeof vocab === 'object' && vocab !== null);
const mergesSchema = z.array(z.union([z.string(), z.tuple([z.string(), z.string()])]));
const tokenizerSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), special: z.boolean().default(false) }))
    .nullish(),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  model: z.looseObject({
    type: z.string().nullish(),
    vocab: vocabSchema,
    merges: mergesSchema.default([]),
    unk_token: z.string().nullish(),
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
  }),
});
type Tokenizer = z.infer<typeof tokenizerSchema>;

const configSchema = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  bos_token: namedTokenSchema.nullish(),
  eos_token: namedTokenSchema.nullish(),
  unk_token: namedTokenSchema.nullish(),
  pad_token: namedTokenSchema.nullish(),
  chat_template: chatTemplateSchema.nullish(),
});
type Config = z.infer<typeof configSchema>;
const generationSchema = z.looseObject({ eos_token_id: z.union([z.int(), z.array(z.int())]).nullish() });

/**
 * `rows`: of the embedding, which llama.cpp wants as many tokens as. Throws a FormatError that names the file and the
 * field: a tokenizer that GGUF has no name for, tokens beyond the embedding, no end of a text.
 */
export function ggufVocabulary(files: TokenizerJson, rows: number): GgufVocabulary {
  const tokenizer = parse(tokenizerSchema, files.tokenizer, NAME);
  const config = parse(configSchema, files.tokenizerConfig ?? {}, 'tokenizer_config.json');
  const generation = parse(generationSchema, files.generationConfig ?? {}, 'generation_config.json');
  const kind = kindOf(tokenizer);
  const tokens = tokensOf(tokenizer, kind.model === 'llama', rows);
  const notes = kind.model === 'gpt2' ? [...kind.notes] : [];
  const chatTemplate = files.chatTemplate ?? chatTemplateOf(config.chat_template);
  const entries: GgufEntry[] = [
    { key: `${GGML}.model`, type: 'string', value: kind.model },
    { key: `${GGML}.pre`, type: 'string', value: kind.pre },
    { key: `${GGML}.tokens`, list: 'string', values: tokens.texts },
    { key: `${GGML}.token_type`, list: 'i32', values: tokens.types },
    ...(kind.model === 'gpt2' ? mergeEntries(tokenizer) : scoreEntries(tokenizer, tokens, kind.prefix, notes)),
    ...specialEntries(tokenizer, config, [generation.eos_token_id ?? []].flat(), tokens),
    ...(chatTemplate === undefined
      ? []
      : [{ key: 'tokenizer.chat_template', type: 'string', value: chatTemplate } as const]),
  ];
  return { entries, notes };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FormatError(file, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not readable'}`);
}

interface Tokens {
  /** By id. */
  readonly texts: string[];
  readonly types: Int32Array;
  readonly ids: ReadonlyMap<string, number>;
}

/** Every id of the embedding; one that stands for nothing gets a text that no other has. */
function tokensOf({ model, added_tokens: added }: Tokenizer, isSentencePiece: boolean, rows: number): Tokens {
  const texts: (string | undefined)[] = Array.from({ length: rows });
  const types = new Int32Array(rows).fill(TYPE.unused);
  const ids = new Map<string, number>();
  const put = (text: string, id: unknown, type: number) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) {
      throw new FormatError(
        NAME,
        `model.vocab: expected a number for ${JSON.stringify(text)}, got ${JSON.stringify(id)}`,
      );
    }
    if (id >= rows) {
      throw new FormatError(NAME, `token ${JSON.stringify(text)} is number ${id}, but the model has ${rows} tokens`);
    }
    texts[id] = text;
    types[id] = type;
    ids.set(text, id);
  };
  for (const [text, id] of Object.entries(model.vocab)) {
    const isByte = isSentencePiece && /^<0x[0-9A-F]{2}>$/.test(text);
    put(text, id, isByte ? TYPE.byte : TYPE.normal);
  }
  for (const { id, content, special } of added ?? []) put(content, id, special ? TYPE.control : TYPE.userDefined);
  const unknown = model.unk_token == null ? undefined : ids.get(model.unk_token);
  if (isSentencePiece && unknown !== undefined) types[unknown] = TYPE.unknown;
  const filled = texts.map((text, id) => text ?? unusedText(id, ids));
  return { texts: filled, types, ids };
}

function unusedText(id: number, ids: ReadonlyMap<string, number>): string {
  let text = `[PAD${id}]`;
  while (ids.has(text)) text = `[${text}]`;
  return text;
}

type Kind =
  | { readonly model: 'gpt2'; readonly pre: string; readonly notes: readonly string[] }
  | { readonly model: 'llama'; readonly pre: 'default'; readonly prefix: SpacePrefix };

/** What is put before a text: ▁, nothing, or ▁ unless the text begins with a space. */
type SpacePrefix = 'always' | 'never' | 'unlessThere';

const REMEDY = 'merge into a transformers folder and use llama.cpp’s own converter';

function kindOf(tokenizer: Tokenizer): Kind {
  const { model, normalizer, pre_tokenizer: preTokenizer } = tokenizer;
  const refuse = (what: string) => new FormatError(NAME, `${what} cannot be written to GGUF here; ${REMEDY}`);
  if ((model.type ?? 'BPE') !== 'BPE') throw refuse(`a tokenizer of kind ${model.type}`);
  if (model.continuing_subword_prefix || model.end_of_word_suffix) throw refuse('marks inside words');
  if (model.byte_fallback === true) {
    const prefix = spacePrefixOf(normalizer, preTokenizer);
    if (prefix === undefined) throw refuse('a SentencePiece tokenizer with a normalizer of its own');
    return { model: 'llama', pre: 'default', prefix };
  }
  const kinds = normalizersOf(normalizer).map(typeOf);
  const other = kinds.find((kind) => kind !== 'NFC');
  if (other !== undefined) throw refuse(`the normalizer ${other}`);
  const isNfc = kinds.includes('NFC');
  const parts = { preTokenizer, isNfc, ignoreMerges: model.ignore_merges === true };
  const pre = preTokenizerName(parts);
  if (pre !== undefined) return { model: 'gpt2', pre, notes: [] };
  const alike = likePreTokenizer(parts, { merges: mergePairs(tokenizer), tokens: Object.keys(model.vocab) });
  if (!alike) throw refuse('how it cuts texts before merging (pre_tokenizer)');
  const same = `${alike.texts - alike.differing} of ${alike.texts} trial texts get the same tokens`;
  const note = `llama.cpp has no name for how this model’s tokenizer cuts texts; the file says ${alike.name}, and ${same}.`;
  return { model: 'gpt2', pre: alike.name, notes: [note] };
}

function typeOf(part: unknown): string {
  return z.looseObject({ type: z.string() }).safeParse(part).data?.type ?? 'without a type';
}

/** One after another; none for null or an empty sequence. */
function normalizersOf(normalizer: unknown): unknown[] {
  if (normalizer == null) return [];
  const sequence = z.looseObject({ normalizers: z.array(z.unknown()) }).safeParse(normalizer);
  return sequence.success ? sequence.data.normalizers.flatMap(normalizersOf) : [normalizer];
}

const SPACES = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const metaspaceSchema = z.looseObject({
  type: z.literal('Metaspace'),
  replacement: z.literal('▁'),
  prepend_scheme: z.enum(['first', 'always', 'never']).nullish(),
  add_prefix_space: z.boolean().nullish(),
});

/** Undefined for what is no SentencePiece model without a normalizer. */
function spacePrefixOf(normalizer: unknown, preTokenizer: unknown): SpacePrefix | undefined {
  const metaspace = metaspaceSchema.safeParse(preTokenizer);
  const normalizers = normalizersOf(normalizer);
  if (metaspace.success && normalizers.length === 0) {
    const { prepend_scheme: scheme, add_prefix_space: prefix } = metaspace.data;
    return (scheme ? scheme !== 'never' : (prefix ?? true)) ? 'unlessThere' : 'never';
  }
  if (preTokenizer != null) return undefined;
  const written = JSON.stringify(normalizers);
  if (written === JSON.stringify([SPACES])) return 'never';
  return written === JSON.stringify([{ type: 'Prepend', prepend: '▁' }, SPACES]) ? 'always' : undefined;
}

function mergePairs({ model }: Tokenizer): [string, string][] {
  return model.merges.map((merge) => {
    if (typeof merge !== 'string') return merge;
    const at = merge.indexOf(' ');
    return [merge.slice(0, at), merge.slice(at + 1)];
  });
}

function mergeEntries(tokenizer: Tokenizer): GgufEntry[] {
  const values = mergePairs(tokenizer).map((pair) => {
    if (pair.some((piece) => piece === '' || piece.includes(' '))) {
      throw new FormatError(NAME, `model.merges: ${JSON.stringify(pair)} cannot be written as two pieces`);
    }
    return pair.join(' ');
  });
  return [{ key: `${GGML}.merges`, list: 'string', values }];
}

function scoreEntries(
  tokenizer: Tokenizer,
  { texts, types }: Tokens,
  prefix: SpacePrefix,
  notes: string[],
): GgufEntry[] {
  const isPiece = (id: number) => types[id] === TYPE.normal;
  const { scores, differing } = scoresOf(texts, isPiece, mergePairs(tokenizer));
  if (differing > 0) {
    notes.push(
      `${differing} of the tokenizer’s merges do not follow from scores of pieces, which is all that GGUF keeps: llama.cpp may cut some words otherwise.`,
    );
  }
  if (prefix === 'unlessThere') {
    notes.push('llama.cpp puts a space before a text that begins with one already; this model’s tokenizer does not.');
  }
  return [
    { key: `${GGML}.scores`, list: 'f32', values: scores },
    { key: `${GGML}.add_space_prefix`, type: 'bool', value: prefix !== 'never' },
  ];
}

function specialEntries(tokenizer: Tokenizer, config: Config, stops: number[], { ids }: Tokens): GgufEntry[] {
  const named = (text: string | null | undefined) => (text == null ? undefined : ids.get(text));
  const eos = named(config.eos_token) ?? stops[0];
  if (eos === undefined) {
    throw new FormatError('tokenizer_config.json', 'eos_token: missing, and generation_config.json names none either');
  }
  const [eot, eom] = stops.filter((id) => id !== eos);
  const leading = leadingTokens(tokenizer.post_processor, config, named(config.bos_token));
  const bos = named(config.bos_token) ?? leading[0];
  if (leading.length > 1 || (leading.length === 1 && leading[0] !== bos)) {
    throw new FormatError(
      NAME,
      `post_processor: GGUF can put bos_token alone before a text, not ${leading.join(', ')}`,
    );
  }
  const known = { bos, eos, unknown: named(config.unk_token), padding: named(config.pad_token), eot, eom };
  return [
    ...Object.entries(known).flatMap(([name, value]): GgufEntry[] =>
      value === undefined ? [] : [{ key: `${GGML}.${name}_token_id`, type: 'u32', value }],
    ),
    { key: `${GGML}.add_bos_token`, type: 'bool', value: leading.length === 1 },
    // What a tokenizer puts after a text is no part of a prompt.
    { key: `${GGML}.add_eos_token`, type: 'bool', value: false },
  ];
}
