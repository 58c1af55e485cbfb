// An evaluation as a table, as JSON, and its answers as JSON lines.
import { answerScores, disagreement } from '../evaluation/answerScores.ts';
import type { Measured } from '../evaluation/evaluate.ts';
import type { Asked, Question } from '../evaluation/questions.ts';
import { differenceOf, type Resampled, scoresOf } from '../evaluation/resampling.ts';
import type { Score, ScoreName } from '../evaluation/scoreTypes.ts';
import { SCORE_NAMES, verdictsOf } from '../evaluation/verdict.ts';

export interface EvaluationReport {
  readonly model: string;
  readonly data: string;
  readonly questions: readonly (Asked & Pick<Question, 'rows'>)[];
  readonly maxNewTokens: number | undefined;
  /** The base has no path. All arrays below are in this order. */
  readonly answerers: readonly { readonly name: string; readonly path: string | undefined }[];
  readonly measured: readonly Measured[];
  readonly resampled: readonly Resampled[];
  readonly resampling: { readonly resamples: number; readonly seed: number };
}

const TITLES: Readonly<Record<ScoreName, string>> = {
  loss: 'loss',
  perplexity: 'perplexity',
  tokenAccuracy: 'token accuracy',
  exactMatch: 'exact match',
  bleu: 'BLEU',
  rougeL: 'ROUGE-L',
  chrf: 'chrF',
};

/** Everything, one object. */
export function evaluationJson(report: EvaluationReport): string {
  const { model, data, questions, maxNewTokens, answerers, resampled, resampling } = report;
  const names = answerers.map(({ name }) => name);
  return `${JSON.stringify(
    {
      model,
      data,
      contexts: questions.length,
      ...sizeOf(report),
      maxNewTokens: maxNewTokens ?? null,
      interval: { share: 0.95, ...resampling },
      answerers: answerers.map(({ name, path }, i) => ({
        name,
        adapter: path ?? null,
        scores: scoresOf(resampled[i]!, questions.length),
      })),
      differences: pairsOf(resampled.length).flatMap(([first, second]) =>
        SCORE_NAMES.flatMap((score) => {
          const difference = differenceOf(resampled[first]!, resampled[second]!, score);
          return difference ? [{ score, from: names[first], to: names[second], ...difference }] : [];
        }),
      ),
    },
    null,
    2,
  )}\n`;
}

/** One line an answerer, its scores flat. */
export function evaluationLines(report: EvaluationReport): string {
  const lines = report.answerers.map(({ name }, i) => {
    const values = [...report.resampled[i]!].map(([score, { value }]) => [score, value] as const);
    const scores = scoresOf(report.resampled[i]!, report.questions.length);
    return JSON.stringify({ ...Object.fromEntries(values), ...sizeOf(report), name, scores });
  });
  return `${lines.join('\n')}\n`;
}

/** One line a question: what was asked, and every answerer's answer and scores. */
export function answerLines({ questions, answerers, measured }: EvaluationReport): string {
  return questions
    .map(({ line, prompt, references }, i) => {
      const answers = answerers.map(({ name }, which) => {
        const { losses, answers: texts } = measured[which]!;
        const { tokens, hits } = losses[i]!;
        const scores = answerScores({ line, prompt, references }, measured[which]!, i);
        return [name, { answer: texts?.[i], ...scores, tokens, hits }] as const;
      });
      const texts = measured.flatMap((each) => each.answers?.[i] ?? []);
      const answer = { line, prompt, references, answers: Object.fromEntries(answers) };
      return `${JSON.stringify({ ...answer, disagreement: disagreement(texts) })}\n`;
    })
    .join('');
}

/** Scores with their intervals, and what can be said of them. */
export function evaluationTable(report: EvaluationReport): string {
  const { questions, answerers, resampled, resampling } = report;
  const { rows, tokens } = sizeOf(report);
  const groups = [SCORE_NAMES.slice(0, 3), SCORE_NAMES.slice(3)].filter((names) => resampled[0]?.has(names[0]!));
  const tables = groups.map((names) =>
    columns([
      ['', ...names.map((name) => TITLES[name])],
      ...answerers.map(({ name }, i) => {
        const scores = scoresOf(resampled[i]!, questions.length);
        return [name, ...names.map((score) => cell(score, scores[score]))];
      }),
    ]),
  );
  const size = `${questions.length} contexts, ${rows} rows, ${tokens} target tokens`;
  const note = `${size}; 95 % intervals from ${resampling.resamples} bootstrap resamples`;
  return `${[note, ...tables, sentences(report)].filter((part) => part !== '').join('\n\n')}\n`;
}

function sentences({ answerers, resampled, maxNewTokens }: EvaluationReport): string {
  const told: readonly ScoreName[] =
    maxNewTokens === undefined ? ['loss'] : ['loss', 'exactMatch', 'bleu', 'rougeL', 'chrf'];
  const list = (places: readonly number[]) => places.map((place) => answerers[place]!.name).join(', ');
  return verdictsOf(resampled)
    .filter(({ name }) => told.includes(name))
    .map(({ name, best, withinNoise, worse }) => {
      const parts = [
        ...(withinNoise.length > 0 ? [`within noise of it: ${list(withinNoise)}`] : []),
        ...(worse.length > 0 ? [`worse beyond noise: ${list(worse)}`] : []),
      ];
      return `${TITLES[name]}: best is ${answerers[best]!.name}; ${parts.join('; ')}.`;
    })
    .join('\n');
}

function cell(name: ScoreName, score: Score | undefined): string {
  if (!score) return '';
  const text = (value: number) => {
    if (name === 'tokenAccuracy' || name === 'exactMatch') return (100 * value).toFixed(1);
    return name === 'loss' ? value.toFixed(4) : value.toFixed(2);
  };
  const isShare = name === 'tokenAccuracy' || name === 'exactMatch';
  return `${text(score.value)}${isShare ? ' %' : ''} [${text(score.low)}, ${text(score.high)}]`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function sizeOf({ questions, measured }: EvaluationReport): { rows: number; tokens: number } {
  const rows = questions.reduce((sum, question) => sum + question.rows.length, 0);
  const tokens = measured[0]?.losses.reduce((sum, loss) => sum + loss.tokens, 0) ?? 0;
  return { rows, tokens };
}

function pairsOf(count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => i).flatMap((second) =>
    Array.from({ length: second }, (_, first): [number, number] => [first, second]),
  );
}
