// What two answers have in common, word by word, so that a reader sees at once where they part. Whitespace belongs to the
// word after it and does not count as a difference: a line break for a blank is the same text to a reader.

export interface DiffSegment {
  /** `extra` stands only in the answer, `missing` only in the reference. */
  kind: 'same' | 'extra' | 'missing';
  text: string;
}

interface Word {
  lead: string;
  word: string;
}

/** Above this many cells the table of the word comparison would be felt while text streams in; lines are compared instead. */
const MAX_CELLS = 1_000_000;

/** Segments in reading order; the `same` and `extra` ones joined are `answer` (trailing whitespace aside). */
export function wordDiff(reference: string, answer: string): DiffSegment[] {
  return diffPieces(splitWords(reference), splitWords(answer), MAX_CELLS);
}

/** Whether a reader would call the two the same text. */
export function isSameText(left: string, right: string): boolean {
  return left.trim().split(/\s+/).join(' ') === right.trim().split(/\s+/).join(' ');
}

/** Words and signs, each with the whitespace before it. */
export function splitWords(text: string): Word[] {
  return [...text.matchAll(/(\s*)([\p{L}\p{N}_'’]+|[^\s])/gu)].map(([, lead = '', word = '']) => ({ lead, word }));
}

function splitLines(words: Word[]): Word[] {
  const lines: Word[] = [];
  for (const { lead, word } of words) {
    const last = lines.at(-1);
    if (last === undefined || lead.includes('\n')) lines.push({ lead, word });
    else last.word += lead + word;
  }
  return lines;
}

function diffPieces(reference: Word[], answer: Word[], maxCells: number): DiffSegment[] {
  let start = 0;
  while (start < reference.length && start < answer.length && reference[start]?.word === answer[start]?.word) start++;
  let tail = 0;
  const shorter = Math.min(reference.length, answer.length) - start;
  while (tail < shorter && reference.at(-1 - tail)?.word === answer.at(-1 - tail)?.word) tail++;

  const referenceMiddle = reference.slice(start, reference.length - tail);
  const answerMiddle = answer.slice(start, answer.length - tail);
  const segments: DiffSegment[] = [];
  append(segments, 'same', answer.slice(0, start));
  if (referenceMiddle.length * answerMiddle.length <= maxCells) {
    alignMiddle(segments, referenceMiddle, answerMiddle);
  } else {
    alignMiddle(segments, splitLines(referenceMiddle), splitLines(answerMiddle));
  }
  append(segments, 'same', tail === 0 ? [] : answer.slice(-tail));
  return segments;
}

/** Longest common subsequence: `common[i][j]` is its length for what follows word i of the reference and j of the answer. */
function alignMiddle(segments: DiffSegment[], reference: Word[], answer: Word[]) {
  const columns = answer.length + 1;
  const common = new Uint32Array((reference.length + 1) * columns);
  const at = (i: number, j: number) => common[i * columns + j] ?? 0;
  for (let i = reference.length - 1; i >= 0; i--) {
    for (let j = answer.length - 1; j >= 0; j--) {
      common[i * columns + j] =
        reference[i]?.word === answer[j]?.word ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let i = 0;
  let j = 0;
  while (i < reference.length || j < answer.length) {
    if (i < reference.length && j < answer.length && reference[i]?.word === answer[j]?.word) {
      append(segments, 'same', answer.slice(j, j + 1));
      i++;
      j++;
    } else if (j === answer.length || (i < reference.length && at(i + 1, j) >= at(i, j + 1))) {
      append(segments, 'missing', reference.slice(i, i + 1));
      i++;
    } else {
      append(segments, 'extra', answer.slice(j, j + 1));
      j++;
    }
  }
}

function append(segments: DiffSegment[], kind: DiffSegment['kind'], words: Word[]) {
  const text = words.map(({ lead, word }) => lead + word).join('');
  if (text === '') return;
  const last = segments.at(-1);
  if (last?.kind === kind) last.text += text;
  else segments.push({ kind, text });
}
