// Examples → token rows, with what a person wants to know before training: how many, how long, how many twice, how
// many cut, and which left out. Long files are done in slices, so that a worker can report and be told to stop.

import { lengthBucket } from './batches.ts';
import { chatSpans } from './chatSpans.ts';
import type { ChatTemplate } from './chatTemplate.ts';
import { type FittedRow, fitSpans, pairSpans } from './encodeRow.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { type Example, excerpt, type RowProblem, type TokenRow } from './types.ts';

export interface EncodeOptions {
  tokenizer: TextTokenizer;
  /** Most tokens of a row, end token included. */
  maxLength: number;
  /** Needed for chat examples. */
  chatTemplate?: ChatTemplate;
  /** Called between slices with the number of examples done. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface DataStatistics {
  /** Rows that will be trained on. */
  rows: number;
  /** Examples left out here (see `problems`). */
  leftOut: number;
  /** Rows whose context and target are exactly those of an earlier row (kept). */
  duplicates: number;
  /** Rows with an empty context (kept). */
  emptyContexts: number;
  /** Rows whose context was cut to fit (kept). */
  cutRows: number;
  /** Examples left out because the target alone does not fit. */
  targetsTooLong: number;
  tokens: number;
  /** Tokens that carry loss. */
  targetTokens: number;
  /** Longest row, in tokens. */
  longest: number;
  /** Rows by length: each bar counts rows of up to `upTo` tokens and more than the bar before. */
  histogram: { upTo: number; rows: number }[];
}

export interface EncodedData {
  rows: TokenRow[];
  /** The input. */
  examples: readonly Example[];
  /** For each row, the index of its example. */
  sources: Uint32Array;
  problems: RowProblem[];
  statistics: DataStatistics;
}

/** Work this long, then let others in: progress, and a wish to stop. */
const sliceMs = 30;

/** Never throws for a bad example: it is listed in `problems`. Throws the signal's reason when aborted. */
export async function encodeExamples(examples: readonly Example[], options: EncodeOptions): Promise<EncodedData> {
  const rows: TokenRow[] = [];
  const sources: number[] = [];
  const problems: RowProblem[] = [];
  const seen = new Set<string>();
  const counts = { duplicates: 0, emptyContexts: 0, cutRows: 0, targetsTooLong: 0 };
  let sliceStart = 0;
  for (const [index, example] of examples.entries()) {
    if (index === 0 || performance.now() - sliceStart > sliceMs) {
      options.onProgress?.(index, examples.length);
      await new Promise((resolve) => setTimeout(resolve, 0));
      options.signal?.throwIfAborted();
      sliceStart = performance.now();
    }
    const encoded = encodeExample(example, options);
    if (!Array.isArray(encoded)) {
      problems.push({ line: example.line, reason: encoded.reason, excerpt: excerpt(exampleText(example)) });
      continue;
    }
    const key = exampleText(example);
    if (seen.has(key)) counts.duplicates++;
    seen.add(key);
    if (example.context.trim() === '') counts.emptyContexts++;
    let hasCut = false;
    for (const fitted of encoded) {
      if ('tooLong' in fitted) {
        counts.targetsTooLong++;
        const reason = `the target alone needs ${fitted.tooLong} tokens, the maximum length is ${options.maxLength}`;
        problems.push({ line: example.line, reason, excerpt: excerpt(exampleText(example)) });
        continue;
      }
      rows.push(fitted.row);
      sources.push(index);
      hasCut ||= fitted.cutTokens > 0;
    }
    if (hasCut) counts.cutRows++;
  }
  options.onProgress?.(examples.length, examples.length);
  const leftOut = examples.length - new Set(sources).size;
  const statistics = { ...counts, leftOut, ...measure(rows) };
  return { rows, examples, sources: Uint32Array.from(sources), problems, statistics };
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
  let longest = 0;
  const bars = new Map<number, number>();
  for (const { ids, loss } of rows) {
    tokens += ids.length;
    for (const isTarget of loss) targetTokens += isTarget;
    longest = Math.max(longest, ids.length);
    const upTo = lengthBucket(ids.length);
    bars.set(upTo, (bars.get(upTo) ?? 0) + 1);
  }
  const histogram = [...bars].map(([upTo, count]) => ({ upTo, rows: count })).sort((a, b) => a.upTo - b.upTo);
  return { rows: rows.length, tokens, targetTokens, longest, histogram };
}
