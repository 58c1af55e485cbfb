/**
 * The name that GGUF gives to the way a tokenizer.json cuts texts: its own where there is one, else that of a way which
 * comes to the same tokens.
 */
import { z } from 'zod';
import { bytePairs, cutterOf, tokenBytesText } from './bytePairs.ts';
import { isolate, PRE_TOKENIZERS, type PreTokenizer } from './ggufPreTokenizers.ts';

const partSchema = z.looseObject({ type: z.string() });
const sequenceSchema = z.looseObject({ pretokenizers: z.array(z.unknown()) });
const splitSchema = z.looseObject({
  pattern: z.looseObject({ Regex: z.string() }),
  behavior: z.string(),
  invert: z.boolean().nullish(),
});
const digitsSchema = z.looseObject({ individual_digits: z.boolean().nullish() });
const byteLevelSchema = z.looseObject({
  type: z.string(),
  add_prefix_space: z.boolean().nullish(),
  use_regex: z.boolean().nullish(),
});

/** What of a byte-level tokenizer.json decides the name. */
export interface PreTokenizerParts {
  preTokenizer: unknown;
  isNfc: boolean;
  ignoreMerges: boolean;
}

/**
 * The name of how a tokenizer.json cuts texts; undefined where no name that is known here stands for it. Of names that
 * share the pattern, the one that agrees in the rest too: llama.cpp never normalizes, and its names imply `ignore_merges`.
 */
export function preTokenizerName(parts: PreTokenizerParts): string | undefined {
  const { isNfc, ignoreMerges } = parts;
  const plain = plainParts(parts);
  if (!plain) return undefined;
  const splits = JSON.stringify(plain.splits);
  const alike = [...PRE_TOKENIZERS].filter(([, known]) => {
    return known.useRegex === plain.useRegex && JSON.stringify(known.splits) === splits;
  });
  const differences = (known: PreTokenizer) =>
    Number(known.ignoreMerges !== ignoreMerges) * 2 + Number(known.isNfc !== isNfc);
  const [best] = alike.sort(([, x], [, y]) => differences(x) - differences(y));
  return best?.[0];
}

/** Names that stand for all that are known, tried in this order where none is the tokenizer's own. */
const WAYS = ['gpt-2', 'smollm', 'qwen2', 'dbrx'];

export interface BytePairModel {
  readonly merges: readonly (readonly [string, string])[];
  readonly tokens: readonly string[];
}

export interface LikePreTokenizer {
  readonly name: string;
  /** Trial texts, and those that get other tokens. */
  readonly texts: number;
  readonly differing: number;
}

/** More trial texts than one in this many may not differ. */
const ONE_IN = 200;

/**
 * For a tokenizer whose way to cut has no name: the name whose way gives the same tokens for texts made of the
 * tokenizer's own tokens, side by side and in other company. A tokenizer that learned its merges from smaller words is
 * like that: nothing merges across their edges, wherever a text is cut.
 */
export function likePreTokenizer(parts: PreTokenizerParts, model: BytePairModel): LikePreTokenizer | undefined {
  const plain = plainParts(parts);
  const own = plain && !parts.ignoreMerges ? cutterOf(plain.splits, plain.useRegex) : undefined;
  if (!own) return undefined;
  const ranks = new Map(model.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const texts = trialTexts(model.tokens);
  const expected = texts.map((text) => bytePairs(text, own, ranks).join(' '));
  const tried = WAYS.flatMap((name): LikePreTokenizer[] => {
    const known = PRE_TOKENIZERS.get(name);
    const cutter = known && cutterOf(known.splits, known.useRegex);
    if (!cutter) return [];
    const differing = texts.filter((text, i) => bytePairs(text, cutter, ranks).join(' ') !== expected[i]).length;
    return [{ name, texts: texts.length, differing }];
  });
  const [best] = tried.sort((x, y) => x.differing - y.differing);
  return best && best.differing * ONE_IN <= best.texts ? best : undefined;
}

const MOST_TOKENS = 1000;
const COMPANY = ['a', 'B', '1', ' ', '  ', '\n', '.', "'s", 'é', '東'];

function trialTexts(tokens: readonly string[]): string[] {
  const step = Math.max(1, Math.ceil(tokens.length / MOST_TOKENS));
  const some = tokens.filter((_, i) => i % step === 0).flatMap((token) => tokenBytesText(token) ?? []);
  return some.flatMap((text, i) => {
    const beside = COMPANY[i % COMPANY.length] ?? '';
    const next = some[(i + 1) % some.length] ?? '';
    return [` ${text} ${text}`, `${beside}${text}${beside}`, `${text}${next}`, `${next}  ${text}\n${beside} ${next}`];
  });
}

/** The parts before ByteLevel, and whether its own pattern runs; undefined for what is not byte-level. */
function plainParts({ preTokenizer }: PreTokenizerParts): { splits: unknown[]; useRegex: boolean } | undefined {
  const parts = flattened(preTokenizer);
  const byteLevel = byteLevelSchema.safeParse(parts.pop()).data;
  if (byteLevel?.type !== 'ByteLevel' || byteLevel.add_prefix_space === true) return undefined;
  return { splits: parts.map(plainSplit), useRegex: byteLevel.use_regex ?? true };
}

function flattened(part: unknown): unknown[] {
  const sequence = sequenceSchema.safeParse(part);
  return sequence.success ? sequence.data.pretokenizers.flatMap(flattened) : [part];
}

/** The same split in the words of the table above; another kind of part as it is. */
function plainSplit(part: unknown): unknown {
  const type = partSchema.safeParse(part).data?.type;
  if (type === 'Digits')
    return { type, individual_digits: digitsSchema.safeParse(part).data?.individual_digits === true };
  const split = splitSchema.safeParse(part);
  if (type !== 'Split' || !split.success) return part;
  const { pattern, behavior, invert } = split.data;
  // What a pattern matches, or what lies between what it does not match, removed: the same pieces.
  const isIsolated = behavior === 'Isolated' ? invert !== true : behavior === 'Removed' && invert === true;
  return isIsolated ? isolate(pattern.Regex) : part;
}
