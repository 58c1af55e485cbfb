// Which answers are listed, and in what order.
import type { EvaluatedQuestion } from '../../../../worker/protocol/evaluation.ts';

export type AnswerFilter = 'all' | 'differ' | 'someWrong' | 'noneRight' | 'allRight';
export type AnswerOrder = 'line' | 'disagreement' | 'chrf' | 'loss';

export const FILTERS: readonly { value: AnswerFilter; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'differ', label: 'Answers differ' },
  { value: 'someWrong', label: 'Some are not exact' },
  { value: 'noneRight', label: 'None is exact' },
  { value: 'allRight', label: 'All are exact' },
];

export const ORDERS: readonly { value: AnswerOrder; label: string }[] = [
  { value: 'line', label: 'Order in the file' },
  { value: 'disagreement', label: 'Disagreement, most first' },
  { value: 'chrf', label: 'Lowest chrF first' },
  { value: 'loss', label: 'Highest loss first' },
];

export function listAnswers(
  questions: readonly EvaluatedQuestion[],
  { filter, order, search }: { filter: AnswerFilter; order: AnswerOrder; search: string },
): EvaluatedQuestion[] {
  const wanted = search.trim().toLowerCase();
  const found = questions.filter((question) => passes(question, filter) && (wanted === '' || holds(question, wanted)));
  return order === 'line' ? found : found.sort((a, b) => keyOf(b, order) - keyOf(a, order));
}

function passes({ answers, disagreement }: EvaluatedQuestion, filter: AnswerFilter): boolean {
  const isRight = ({ exactMatch }: { exactMatch: boolean | null }) => exactMatch === true;
  switch (filter) {
    case 'all':
      return true;
    case 'differ':
      return disagreement > 0;
    case 'someWrong':
      return !answers.every(isRight);
    case 'noneRight':
      return !answers.some(isRight);
    case 'allRight':
      return answers.every(isRight);
    default:
      return filter satisfies never;
  }
}

function holds({ prompt, references, answers }: EvaluatedQuestion, wanted: string): boolean {
  return [prompt, ...references, ...answers.map(({ text }) => text ?? '')].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

/** The larger, the earlier. */
function keyOf({ answers, disagreement }: EvaluatedQuestion, order: Exclude<AnswerOrder, 'line'>): number {
  if (order === 'disagreement') return disagreement;
  if (order === 'loss') return Math.max(...answers.map(({ loss }) => loss));
  return -Math.min(...answers.map(({ chrf }) => chrf ?? 100));
}
