// Examples → token rows, one after another as they are read, with what a person wants to know before training: how many,
// how long, how many twice, how many cut, and which left out. Nothing of an example is kept but its tokens, and its text
// as bytes.

import { lengthBucket } from './batches.ts';
import { chatSpans } from './chatSpans.ts';
import type { ChatTemplate } from './chatTemplate.ts';
import { type FittedRow, fitSpans, pairSpans } from './encodeRow.ts';
import { ExampleStore, type KeptExample, type Sequence } from './exampleStore.ts';
import { GrowingNumbers } from './growingNumbers.ts';
import { textHash } from './textHash.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { type Example, excerpt, type RowProblem, type TokenRow } from './types.ts';

export interface EncodeOptions {
  tokenizer: TextTokenizer;
  /** Most tokens of a row, end token included. */
  maxLength: number;
  /** Needed for chat examples. */
  chatTemplate?: ChatTemplate | undefined;
}

export interface DataStatistics {
  /** Rows that will be trained on. */
  rows: number;
  /** Examples whose context and target are exactly those of an earlier one (kept). */
  duplicates: number;
  /** Examples whose context was cut to fit (kept). */
  cutRows: number;
  tokens: number;
  /** Tokens that carry loss. */
  targetTokens: number;
  /** Rows by length: each bar counts rows of up to `upTo` tokens and more than the bar before. */
  histogram: { upTo: number; rows: number }[];
}

export interface EncodedData {
  rows: TokenRow[];
  examples: Sequence<KeptExample>;
  /** For each row, the index of its example. */
  sources: Uint32Array;
  statistics: DataStatistics;
}

/** Bits of what is known of an example. */
const ENCODED = 1;
const CUT = 2;

export class ExampleEncoder {
  /** A number for each example, equal where the context is. */
  readonly contexts = new GrowingNumbers();
  readonly problems: RowProblem[] = [];
  readonly #options: EncodeOptions;
  readonly #store = new ExampleStore();
  readonly #rows: TokenRow[] = [];
  /** Of each example: its hash, the number of the first row after its own, and bits. */
  readonly #hashes = new GrowingNumbers();
  readonly #rowEnds = new GrowingNumbers();
  readonly #marks = new GrowingNumbers();

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  /** Never throws for a bad example: it is listed in `problems`. */
  add(example: Example): void {
    const encoded = encodeExample(example, this.#options);
    const problem = (reason: string) =>
      this.problems.push({ line: example.line, reason, excerpt: excerpt(exampleText(example)) });
    const [rowsBefore, problemsBefore] = [this.#rows.length, this.problems.length];
    let marks = 0;
    if ('reason' in encoded) problem(encoded.reason);
    else {
      marks = ENCODED;
      for (const fitted of encoded) {
        if ('tooLong' in fitted) {
          problem(`the target alone needs ${fitted.tooLong} tokens, the maximum length is ${this.#options.maxLength}`);
          continue;
        }
        if (fitted.cutTokens > 0) marks |= CUT;
        // A row of one token has none before it to be predicted from.
        if (fitted.row.loss.includes(1)) this.#rows.push(fitted.row);
      }
      if (this.#rows.length === rowsBefore && this.problems.length === problemsBefore) {
        problem('no token of it can be predicted from one before it');
      }
    }
    this.#store.add(example);
    this.contexts.push(textHash(example.context));
    this.#hashes.push(textHash(exampleText(example)));
    this.#rowEnds.push(this.#rows.length);
    this.#marks.push(marks);
  }

  /** The examples at these places, ascending; all of them where none are given. */
  part(places?: Uint32Array): EncodedData {
    const chosen = places ?? Uint32Array.from({ length: this.contexts.length }, (_, i) => i);
    const rows: TokenRow[] = [];
    const sources: number[] = [];
    const seen = new Set<number>();
    let duplicates = 0;
    let cutRows = 0;
    for (const [index, place] of chosen.entries()) {
      const end = this.#rowEnds.at(place);
      for (let i = place === 0 ? 0 : this.#rowEnds.at(place - 1); i < end; i++) {
        rows.push(this.#rows[i]!);
        sources.push(index);
      }
      const marks = this.#marks.at(place);
      if (marks & CUT) cutRows++;
      if (!(marks & ENCODED)) continue;
      const hash = this.#hashes.at(place);
      if (seen.has(hash)) duplicates++;
      seen.add(hash);
    }
    const statistics = { duplicates, cutRows, ...measure(rows) };
    return { rows, examples: this.#store.pick(chosen), sources: Uint32Array.from(sources), statistics };
  }
}

/** The rows of one example (a conversation may need several), or why there are none. */
export function encodeExample(example: Example, options: EncodeOptions): FittedRow[] | { reason: string } {
  const { tokenizer, maxLength, chatTemplate } = options;
  const leading = tokenizer.leadingIds.length;
  switch (example.kind) {
    case 'pair': {
      if (example.target.trim() === '') return { reason: 'the target is empty' };
      return [fitSpans(pairSpans(example.prompt, example.target, tokenizer), leading, maxLength, example.line)];
    }
    case 'chat': {
      if (!chatTemplate) {
        return {
          reason: 'a conversation, but this model has no chat template; choose one that has (Instruct or Chat)',
        };
      }
      const chats = chatSpans(example.messages, chatTemplate, tokenizer);
      if ('reason' in chats) return chats;
      return chats.map(({ spans, keepLeading }) => fitSpans(spans, keepLeading, maxLength, example.line));
    }
    case 'text':
      return passageRows(example.context, options, example.line);
    default:
      return example satisfies never;
  }
}

/**
 * Plain text is all target; one longer than a row continues in the next. A continuation starts after the leading tokens
 * or, where the tokenizer has none, after the token before it, so that no token goes without loss.
 */
function passageRows(
  text: string,
  { tokenizer, maxLength }: EncodeOptions,
  line: number,
): FittedRow[] | { reason: string } {
  if (text.trim() === '') return { reason: 'the text is empty' };
  const ids = [...tokenizer.encodeWithoutSpecial(text), tokenizer.eosId];
  const leading = tokenizer.leadingIds;
  const room = maxLength - Math.max(1, leading.length);
  if (room < 1) return { reason: `a maximum length of ${maxLength} leaves no room for text` };
  const fitted: FittedRow[] = [];
  for (let start = 0; start < ids.length; start += room) {
    const before = leading.length > 0 ? leading : ids.slice(Math.max(0, start - 1), start);
    const spans = [
      { ids: before, isTarget: false },
      { ids: ids.slice(start, start + room), isTarget: true },
    ];
    fitted.push(fitSpans(spans, before.length, maxLength, line));
  }
  return fitted;
}

/** The whole example as one string: two examples with the same one are duplicates. */
function exampleText(example: Example): string {
  switch (example.kind) {
    case 'pair':
      return `${example.context} ‖ ${example.target}`;
    case 'chat':
      return example.messages.map((message) => `${message.role}: ${message.content}`).join('\n');
    case 'text':
      return example.context;
    default:
      return example satisfies never;
  }
}

function measure(rows: readonly TokenRow[]) {
  let tokens = 0;
  let targetTokens = 0;
  const bars = new Map<number, number>();
  for (const { ids, loss } of rows) {
    tokens += ids.length;
    for (const isTarget of loss) targetTokens += isTarget;
    const upTo = lengthBucket(ids.length);
    bars.set(upTo, (bars.get(upTo) ?? 0) + 1);
  }
  const histogram = [...bars].map(([upTo, count]) => ({ upTo, rows: count })).sort((a, b) => a.upTo - b.upTo);
  return { rows: rows.length, tokens, targetTokens, histogram };
}
