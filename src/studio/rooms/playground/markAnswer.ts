// Which differences between an answer and a reference are worth marking.
import { type DiffSegment, splitWords, wordDiff } from './wordDiff.ts';

/** Below this share of common words two texts are simply different: marking word by word would be noise. */
const LEAST_COMMON = 1 / 3;

/** The differences worth marking: `wordDiff`, or the whole answer as `extra` where it has little of the reference. */
export function markAnswer(reference: string, answer: string): DiffSegment[] {
  const segments = wordDiff(reference, answer);
  const wordsOf = (kind: DiffSegment['kind']) =>
    segments.reduce((count, segment) => count + (segment.kind === kind ? splitWords(segment.text).length : 0), 0);
  const longer = wordsOf('same') + Math.max(wordsOf('extra'), wordsOf('missing'));
  return wordsOf('same') < longer * LEAST_COMMON ? [{ kind: 'extra', text: answer }] : segments;
}
