// An evaluation in words, cells and files.
import type { Evaluation, ScoreVerdict } from '../../../../worker/protocol/evaluation.ts';
import { type CsvValue, toCsv } from '../../../runs/csv.ts';
import { SCORES, type ScoreKind } from '../../../runs/scoreKinds.ts';

/** Runs may be called the same: the second of a name is `name (2)`. */
export function distinctNames(names: readonly string[]): string[] {
  return names.map((name, place) => {
    const before = names.slice(0, place).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

export function scoresShown({ hasAnswers }: Evaluation): ScoreKind[] {
  return SCORES.filter(({ isOfAnswers }) => hasAnswers || !isOfAnswers);
}

/** The verdict on a score on which the answerers differ. */
export function verdictOn({ verdicts, answerers }: Evaluation, name: ScoreKind['name']): ScoreVerdict | undefined {
  const values = answerers.flatMap(({ scores }) => scores[name]?.value ?? []);
  return new Set(values).size > 1 ? verdicts.find((verdict) => verdict.name === name) : undefined;
}

/** What can be said of each score. Perplexity and right tokens are left to the table: they say what the loss says. */
export function verdictSentences(evaluation: Evaluation, names: readonly string[]): string[] {
  return evaluation.verdicts.flatMap(({ name, best, withinNoise, worse }) => {
    const score = SCORES.find((kind) => kind.name === name);
    if (!score || name === 'perplexity' || name === 'tokenAccuracy') return [];
    if (!verdictOn(evaluation, name)) return [`${score.title}: the same for all.`];
    const list = (places: readonly number[]) => places.map((place) => names[place] ?? '').join(' and ');
    const is = (places: readonly number[]) => (places.length === 1 ? 'is' : 'are');
    const parts = [
      `${names[best]} is best`,
      ...(withinNoise.length > 0 ? [`${list(withinNoise)} ${is(withinNoise)} within noise of it`] : []),
      ...(worse.length > 0 ? [`${list(worse)} ${is(worse)} worse beyond noise`] : []),
    ];
    return [`${score.title}: ${parts.join('; ')}.`];
  });
}

export function scoresCsv(evaluation: Evaluation, names: readonly string[]): string {
  const shown = scoresShown(evaluation);
  const header = [
    'answerer',
    ...shown.flatMap(({ name }) => [name, `${name} low`, `${name} high`]),
    'contexts',
    'rows',
  ];
  const rows = evaluation.answerers.map(({ scores }, i): CsvValue[] => [
    names[i],
    ...shown.flatMap(({ name }) => [scores[name]?.value, scores[name]?.low, scores[name]?.high]),
    evaluation.questions.length,
    evaluation.rows,
  ]);
  return toCsv(header, rows);
}

/** One line a context; the right answers and what each answerer said, with its scores. */
export function answersCsv({ questions }: Evaluation, names: readonly string[]): string {
  const of = (name: string) =>
    ['answer', 'loss', 'exactMatch', 'bleu', 'rougeL', 'chrf'].map((what) => `${name}: ${what}`);
  const header = ['line', 'context', 'rightAnswers', 'disagreement', ...names.flatMap(of)];
  const rows = questions.map(({ line, prompt, references, answers, disagreement }): CsvValue[] => [
    line,
    prompt,
    references.join('\n'),
    disagreement,
    ...answers.flatMap(({ text, loss, exactMatch, bleu, rougeL, chrf }) => [
      text,
      loss,
      exactMatch,
      bleu,
      rougeL,
      chrf,
    ]),
  ]);
  return toCsv(header, rows);
}
