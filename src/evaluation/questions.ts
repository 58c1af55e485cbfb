// From rows to questions: what the model reads up to the last target, and what it should write there. Rows that ask the same
// thing are one question with several right answers, as in E2E and WebNLG.
import type { EncodedData } from '../data/encodeExamples.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import type { TokenRow } from '../data/types.ts';
import { crc32 } from '../formats/crc32.ts';

/** What was asked, as it is kept and shown. */
export interface Asked {
  /** Line of the first row that asks this. */
  readonly line: number;
  /** As the model reads it, special tokens left out. */
  readonly prompt: string;
  /** Right answers, at least one; empty where the data is plain text and asks nothing. */
  readonly references: readonly string[];
}

export interface Question extends Asked {
  readonly promptIds: readonly number[];
  /** Tokens of the longest right answer, end token included. */
  readonly answerTokens: number;
  /** Every row that asks this, for the loss. */
  readonly rows: readonly TokenRow[];
}

/** In file order; the first `limit` of them, each with all its rows. */
export function questionsOf(
  { rows, examples, sources }: Pick<EncodedData, 'rows' | 'examples' | 'sources'>,
  tokenizer: TextTokenizer,
  limit = Number.POSITIVE_INFINITY,
): Question[] {
  const byPrompt = new Map<string, Growing>();
  for (const [index, row] of rows.entries()) {
    const example = examples.at(sources[index]!)!;
    const start = answerStart(row);
    const promptIds = Array.from(row.ids.subarray(0, start));
    const answerIds = row.ids.subarray(start);
    const isText = example.kind === 'text';
    const key = isText ? `row ${index}` : promptIds.join(' ');
    const known = byPrompt.get(key);
    if (!known && byPrompt.size >= limit) continue;
    const reference = example.kind === 'pair' ? example.target : tokenizer.decode(answerIds, { skipSpecial: true });
    const question = known ?? {
      line: row.line,
      prompt: tokenizer.decode(promptIds, { skipSpecial: true }),
      promptIds,
      answerTokens: 0,
      references: new Set<string>(),
      rows: [],
    };
    question.rows.push(row);
    question.answerTokens = Math.max(question.answerTokens, answerIds.length);
    if (!isText) question.references.add(reference);
    byPrompt.set(key, question);
  }
  return [...byPrompt.values()].map((question) => ({ ...question, references: [...question.references] }));
}

interface Growing extends Omit<Question, 'references' | 'rows' | 'answerTokens'> {
  answerTokens: number;
  readonly references: Set<string>;
  readonly rows: TokenRow[];
}

/** Where the last run of target tokens begins. */
function answerStart({ loss }: TokenRow): number {
  let start = loss.lastIndexOf(1);
  while (start > 0 && loss[start - 1] === 1) start--;
  return Math.max(0, start);
}

/** Whether there is something to answer: plain text asks nothing. */
export function canAsk(questions: readonly Asked[]): boolean {
  return questions.some(({ references }) => references.length > 0);
}

/** Room for an answer half as long again as the longest right one, and no more than this. */
const MOST_NEW_TOKENS = 256;

export function newTokensFor(questions: readonly Question[]): number {
  const longest = questions.reduce((most, { answerTokens }) => Math.max(most, answerTokens), 1);
  return Math.min(MOST_NEW_TOKENS, Math.ceil(1.5 * longest) + 8);
}

/** Equal for equal questions: only results on the same questions may be compared. */
export function questionsKey(questions: readonly Asked[]): string {
  const text = JSON.stringify(questions.map(({ prompt, references }) => [prompt, references]));
  return `${crc32(new TextEncoder().encode(text)).toString(16).padStart(8, '0')}-${questions.length}`;
}
