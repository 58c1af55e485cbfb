// Measuring base and adapters on the same rows.
import type { ScoreName, Scores } from '../../evaluation/scoreTypes.ts';

/** `heldOut`: the held-out rows of the data that is read (all its rows where none are held out). */
export type EvaluationSource = { kind: 'heldOut' } | { kind: 'file'; file: File };

/** One answer with its own scores; `bleu` is the sentence's. Null where no answer was asked for. */
export interface EvaluatedAnswer {
  text: string | null;
  /** Nats per target token. */
  loss: number;
  exactMatch: boolean | null;
  bleu: number | null;
  rougeL: number | null;
  chrf: number | null;
}

/** One context and what every answerer said to it, in the order of the answerers. */
export interface EvaluatedQuestion {
  line: number;
  prompt: string;
  references: readonly string[];
  answers: EvaluatedAnswer[];
  /** From 0, all say the same, to 100. */
  disagreement: number;
}

/** Answerers by their place in an evaluation: the best at a score, those that the data cannot tell from it, the others. */
export interface ScoreVerdict {
  name: ScoreName;
  best: number;
  withinNoise: readonly number[];
  worse: readonly number[];
}

/** Several answerers on the same questions. */
export interface Evaluation {
  dataKey: string;
  dataName: string;
  rows: number;
  hasAnswers: boolean;
  /** `runId` null is the base. */
  answerers: { runId: string | null; evaluatedAt: number; scores: Scores }[];
  verdicts: ScoreVerdict[];
  questions: EvaluatedQuestion[];
}
