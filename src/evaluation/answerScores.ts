// Scores of single answers, to sort and filter them by, and how far answerers disagree on a question.
import type { Measured } from './evaluate.ts';
import type { Asked } from './questions.ts';
import { bleuCounts, sentenceBleu } from './scores/bleu.ts';
import { chrfCounts, chrfOf } from './scores/chrf.ts';
import { isExactMatch } from './scores/exactMatch.ts';
import { rougeL } from './scores/rougeL.ts';

/** `loss`: nats per target token. The answer's scores are null where there is no answer; `bleu` is the sentence's. */
export interface AnswerScores {
  readonly loss: number;
  readonly exactMatch: boolean | null;
  readonly bleu: number | null;
  readonly rougeL: number | null;
  readonly chrf: number | null;
}

export function answerScores({ references }: Asked, { losses, answers }: Measured, index: number): AnswerScores {
  const { loss, tokens } = losses[index]!;
  const answer = answers?.[index]?.trim();
  const perToken = tokens === 0 ? 0 : loss / tokens;
  if (answer === undefined || references.length === 0) {
    return { loss: perToken, exactMatch: null, bleu: null, rougeL: null, chrf: null };
  }
  return {
    loss: perToken,
    exactMatch: isExactMatch(answer, references),
    bleu: sentenceBleu(bleuCounts(answer, references)),
    rougeL: 100 * rougeL(answer, references),
    chrf: chrfOf(chrfCounts(answer, references)),
  };
}

/** 0 where all say the same, 100 where no two share a letter: 100 less the mean chrF between every two of them. */
export function disagreement(answers: readonly string[]): number {
  let [sum, pairs] = [0, 0];
  for (const [i, answer] of answers.entries()) {
    for (const other of answers.slice(i + 1)) {
      const [a, b] = [answer.trim(), other.trim()];
      sum += a === b ? 100 : (chrfOf(chrfCounts(a, [b])) + chrfOf(chrfCounts(b, [a]))) / 2;
      pairs++;
    }
  }
  return pairs === 0 ? 0 : 100 - sum / pairs;
}
