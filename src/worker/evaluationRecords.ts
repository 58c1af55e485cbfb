// Evaluations as they are kept and shown: several answerers' answers to the same questions, put side by side with their
// scores, intervals and what is beyond noise.
import { answerScores, disagreement } from '../evaluation/answerScores.ts';
import { resample, scoresOf } from '../evaluation/resampling.ts';
import { verdictsOf } from '../evaluation/verdict.ts';
import { WorkerError } from './failure.ts';
import { keptRun, library, updateRun } from './library.ts';
import type { Evaluation } from './protocol/evaluation.ts';
import type { RunScores } from './protocol/runs.ts';

/** Equal answers have equal intervals on every visit. */
const SEED = 42;
const BASE = 'base ';

/** Those of the owners that answered these questions. Throws WorkerError where none has. */
export async function evaluationOf(ownerIds: readonly string[], dataKey: string): Promise<Evaluation> {
  const stored = await library();
  const found = await Promise.all(ownerIds.map((ownerId) => stored.answers(ownerId, dataKey)));
  const kept = found.filter((answers) => answers !== undefined);
  const [first] = kept;
  if (!first) throw new WorkerError('Nothing is kept of this evaluation; evaluate the runs again.');
  const { questions, dataName } = first;
  const measured = kept.map(({ losses, answers }) => ({ losses, answers: answers ?? undefined }));
  const resampled = resample(questions, measured, SEED);
  return {
    dataKey,
    dataName,
    rows: questions.reduce((sum, { rows }) => sum + rows, 0),
    hasAnswers: kept.some(({ answers }) => answers !== null),
    answerers: kept.map(({ ownerId, evaluatedAt }, i) => ({
      runId: ownerId.startsWith(BASE) ? null : ownerId,
      evaluatedAt,
      scores: scoresOf(resampled[i]!, questions.length),
    })),
    verdicts: verdictsOf(resampled),
    questions: questions.map((question, i) => ({
      line: question.line,
      prompt: question.prompt,
      references: question.references,
      answers: measured.map((each) => ({ text: each.answers?.[i] ?? null, ...answerScores(question, each, i) })),
      disagreement: disagreement(measured.flatMap((each) => each.answers?.[i] ?? [])),
    })),
  };
}

/** Puts the scores into the records of the runs that were evaluated. */
export async function keepScores({ dataKey, dataName, rows, answerers, questions }: Evaluation): Promise<void> {
  const base = answerers.find(({ runId }) => runId === null)?.scores ?? null;
  for (const { runId, evaluatedAt, scores: adapter } of answerers) {
    if (runId === null) continue;
    const run = await keptRun(runId);
    if (run.status === 'running') continue;
    const found: RunScores = { dataKey, dataName, evaluatedAt, questions: questions.length, rows, adapter, base };
    const others = (run.scores ?? []).filter((other) => other.dataKey !== dataKey);
    await updateRun({ ...run, scores: [found, ...others] });
  }
}
