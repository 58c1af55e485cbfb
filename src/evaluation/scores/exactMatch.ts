// Exact match: an answer is right when it is one of the references, word for word. Runs of blanks count as one, and blanks
// at the ends as none; case and signs count.
import { splitWords } from './pythonText.ts';

export function isExactMatch(answer: string, references: readonly string[]): boolean {
  const normal = splitWords(answer).join(' ');
  return references.some((reference) => splitWords(reference).join(' ') === normal);
}
