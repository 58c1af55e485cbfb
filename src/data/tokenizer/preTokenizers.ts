// How a tokenizer.json cuts a text into words, which tokens never cross.
// Source: huggingface/tokenizers, `tokenizers/src/pre_tokenizers`, `src/tokenizer/normalizer.rs` (split behaviours).
import { z } from 'zod';
import { BYTE_CHARACTERS, BYTE_LEVEL_PATTERN } from '../../formats/byteCharacters.ts';
import { DataError } from '../types.ts';
import { patternOf, SPACE, WORD } from './patterns.ts';

export interface Piece {
  readonly text: string;
  /** Whether the whole text begins here: some put a space there and nowhere else. */
  readonly isStart: boolean;
}

type Cut = (pieces: readonly Piece[]) => Piece[];

export interface PreTokenizer {
  /** Into words. */
  readonly cut: Cut;
  /** How a word is then written for the vocabulary, whatever stands around it. */
  readonly spell: (word: string) => string;
}

const BEHAVIOURS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
type Behaviour = (typeof BEHAVIOURS)[number];
const behaviour = z.enum(BEHAVIOURS);

const partSchema = z.looseObject({ type: z.string() });
const sequenceSchema = z.looseObject({ pretokenizers: z.array(z.unknown()) });
const splitSchema = z.looseObject({ pattern: z.unknown(), behavior: behaviour, invert: z.boolean().default(false) });
const punctuationSchema = z.looseObject({ behavior: behaviour.default('Isolated') });
const digitsSchema = z.looseObject({ individual_digits: z.boolean().default(false) });
const delimiterSchema = z.looseObject({ delimiter: z.string() });
const fixedSchema = z.looseObject({ length: z.int().positive().default(5) });
const byteLevelSchema = z.looseObject({
  add_prefix_space: z.boolean().default(false),
  use_regex: z.boolean().default(true),
});
const metaspaceSchema = z.looseObject({
  replacement: z.string().default('▁'),
  // Older files say add_prefix_space instead.
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).nullish(),
  split: z.boolean().nullish(),
});

const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const WHITE_SPACE = new RegExp(SPACE, 'gu');
const WORDS = new RegExp(`[${WORD}]+|[^${WORD}${SPACE}]+`, 'gu');

/** `config`: tokenizer.json's `pre_tokenizer`; null cuts nothing. Throws DataError for one that is not known. */
export function preTokenizerOf(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return cutter((pieces) => [...pieces]);
  const { type } = parse(partSchema, config);
  switch (type) {
    case 'Sequence':
      return inTurn(parse(sequenceSchema, config).pretokenizers.map(preTokenizerOf));
    case 'Split': {
      const { pattern, behavior, invert } = parse(splitSchema, config);
      return cutter(splitBy(patternOf(pattern), behavior, invert));
    }
    case 'Digits':
      return cutter(splitBy(/\p{N}/gu, parse(digitsSchema, config).individual_digits ? 'Isolated' : 'Contiguous'));
    case 'Punctuation':
      return cutter(splitBy(PUNCTUATION, parse(punctuationSchema, config).behavior));
    case 'Whitespace':
      return cutter(splitBy(WORDS, 'Removed', true));
    case 'WhitespaceSplit':
      return cutter(splitBy(WHITE_SPACE, 'Removed'));
    case 'BertPreTokenizer':
      return inTurn([cutter(splitBy(WHITE_SPACE, 'Removed')), cutter(splitBy(PUNCTUATION, 'Isolated'))]);
    case 'CharDelimiterSplit':
      return cutter(splitBy(patternOf({ String: parse(delimiterSchema, config).delimiter }), 'Removed'));
    case 'FixedLength': {
      const { length } = parse(fixedSchema, config);
      return cutter(splitBy(new RegExp(`[^]{1,${length}}`, 'gu'), 'Isolated'));
    }
    case 'Metaspace':
      return cutter(metaspace(parse(metaspaceSchema, config)));
    case 'ByteLevel':
      return byteLevel(parse(byteLevelSchema, config));
    default:
      throw new DataError(`tokenizer.json: the pre_tokenizer ${JSON.stringify(type)} is not supported`);
  }
}

const cutter = (cut: Cut): PreTokenizer => ({ cut, spell: (word) => word });

/** Each cuts what those before it left, as they spelt it. */
function inTurn(parts: readonly PreTokenizer[]): PreTokenizer {
  return parts.reduce(
    (before, { cut, spell }) => ({
      cut: (pieces) => cut(before.cut(pieces).map(({ text, isStart }) => ({ text: before.spell(text), isStart }))),
      spell,
    }),
    cutter((pieces) => [...pieces]),
  );
}

function parse<T>(schema: z.ZodType<T>, config: unknown): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DataError(
    `tokenizer.json: pre_tokenizer.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not readable'}`,
  );
}

interface Run {
  start: number;
  end: number;
  isMatch: boolean;
}

function splitBy(pattern: RegExp, behavior: Behaviour, invert = false): Cut {
  if (behavior === 'Isolated') return isolatedBy(pattern);
  return (pieces) =>
    pieces.flatMap(({ text, isStart }) => {
      const runs = runsOf(text, pattern).map((run) => (invert ? { ...run, isMatch: !run.isMatch } : run));
      return joined(runs, behavior)
        .filter(({ start, end }) => end > start)
        .map(({ start, end }) => ({ text: text.slice(start, end), isStart: isStart && start === 0 }));
    });
}

/** By far the commonest, so it goes straight on. */
function isolatedBy(pattern: RegExp): Cut {
  return (pieces) => {
    const cut: Piece[] = [];
    for (const { text, isStart } of pieces) {
      let at = 0;
      for (const { index, 0: match } of text.matchAll(pattern)) {
        if (index > at) cut.push({ text: text.slice(at, index), isStart: isStart && at === 0 });
        if (match !== '') cut.push({ text: match, isStart: isStart && index === 0 });
        at = index + match.length;
      }
      if (at < text.length) cut.push({ text: text.slice(at), isStart: isStart && at === 0 });
    }
    return cut;
  };
}

/** What the pattern matches, and what lies between: together the whole text. */
function runsOf(text: string, pattern: RegExp): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (match.index > at) runs.push({ start: at, end: match.index, isMatch: false });
    runs.push({ start: match.index, end, isMatch: true });
    at = end;
  }
  if (at < text.length) runs.push({ start: at, end: text.length, isMatch: false });
  return runs;
}

function joined(runs: readonly Run[], behavior: Exclude<Behaviour, 'Isolated'>): Run[] {
  switch (behavior) {
    case 'Removed':
      return runs.filter(({ isMatch }) => !isMatch);
    case 'Contiguous':
      return merged(runs, (run, before) => run.isMatch === before.isMatch);
    case 'MergedWithPrevious':
      return merged(runs, (run, before) => run.isMatch && !before.isMatch);
    case 'MergedWithNext':
      return merged([...runs].reverse(), (run, before) => run.isMatch && !before.isMatch).reverse();
  }
}

/** Joins a run to what was before it, in the order given, where `belongs` says so of it and the run just before. */
function merged(runs: readonly Run[], belongs: (run: Run, before: Run) => boolean): Run[] {
  const result: Run[] = [];
  let before: Run | undefined;
  for (const run of runs) {
    const last = result.at(-1);
    if (last && before && belongs(run, before)) {
      last.start = Math.min(last.start, run.start);
      last.end = Math.max(last.end, run.end);
    } else {
      result.push({ ...run });
    }
    before = run;
  }
  return result;
}

/** SentencePiece's: spaces as ▁, one put before the text or before every piece, and a cut before each. */
function metaspace({ replacement, ...config }: z.infer<typeof metaspaceSchema>): Cut {
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? 'never' : 'always');
  const cut = (config.split ?? true) ? splitBy(patternOf({ String: replacement }), 'MergedWithNext') : undefined;
  return (pieces) => {
    const marked = pieces.map(({ text, isStart }) => {
      const spaced = text.replaceAll(' ', replacement);
      const isPrepended = scheme === 'always' || (scheme === 'first' && isStart);
      return { text: isPrepended && !spaced.startsWith(replacement) ? replacement + spaced : spaced, isStart };
    });
    return cut ? cut(marked) : marked;
  };
}

/** Every byte as one printable character. */
function byteLevel({
  add_prefix_space: addPrefix,
  use_regex: useRegex,
}: z.infer<typeof byteLevelSchema>): PreTokenizer {
  const split: Cut = useRegex ? isolatedBy(patternOf({ Regex: BYTE_LEVEL_PATTERN })) : (pieces) => [...pieces];
  const prefixed = (piece: Piece) => (piece.text.startsWith(' ') ? piece : { ...piece, text: ` ${piece.text}` });
  const encoder = new TextEncoder();
  return {
    cut: (pieces) => split(addPrefix ? pieces.map(prefixed) : pieces),
    spell: (word) => Array.from(encoder.encode(word), (byte) => BYTE_CHARACTERS[byte]).join(''),
  };
}
