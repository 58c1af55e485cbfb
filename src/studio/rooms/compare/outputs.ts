// What the compared runs answered: to the rows of an evaluation where they were evaluated, else to the fixed prompts of their
// training, last of each.
import type { Evaluation } from '../../../worker/protocol/evaluation.ts';
import type { RunRecord } from '../../../worker/protocol/runs.ts';

export interface Outputs {
  /** What was asked, in words. */
  source: string;
  questions: PromptOutputs[];
}

export interface PromptOutputs {
  prompt: string;
  /** The right answer, where there is one; differences are marked against it, else against the first answer. */
  reference: string | null;
  /** By run, in their order; null where it was not asked. */
  texts: (string | null)[];
}

/** Evaluated rows by falling disagreement, rows on which all agree last. */
export function outputsOf(runs: readonly RunRecord[], evaluation: Evaluation | null): Outputs | null {
  if (evaluation?.hasAnswers) {
    const places = runs.map(({ id }) => evaluation.answerers.findIndex(({ runId }) => runId === id));
    const sorted = [...evaluation.questions].sort((a, b) => b.disagreement - a.disagreement || a.line - b.line);
    const questions = sorted.map(({ prompt, references, answers }) => ({
      prompt,
      reference: references[0] ?? null,
      texts: places.map((place) => answers[place]?.text ?? null),
    }));
    return { source: `${evaluation.dataName}, where they disagree most first`, questions };
  }
  const prompts = [...new Set(runs.flatMap(({ samples }) => samples.map(({ prompt }) => prompt)))];
  const questions = prompts
    .map((prompt) => ({
      prompt,
      reference: null,
      texts: runs.map(({ samples }) => samples.findLast((sample) => sample.prompt === prompt)?.text ?? null),
    }))
    .filter(({ texts }) => texts.filter((text) => text !== null).length > 1);
  return questions.length > 0 ? { source: 'each run’s last sample', questions } : null;
}
