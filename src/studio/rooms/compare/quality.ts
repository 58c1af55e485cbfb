// How good the compared runs are, by one measure: values with their intervals, and which rank is enough.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { formatLoss, formatShare, formatSteppedTick } from '../../format.ts';
import { wilson } from './wilson.ts';

/** A value, with the ends of its 95 % interval where one is known. */
export interface Estimate {
  value: number;
  low?: number;
  high?: number;
}

export interface QualityMeasure {
  key: string;
  label: string;
  /** On the axis: label and unit. */
  axis: string;
  better: 'low' | 'high';
  format: (value: number) => string;
  /** On the axis. */
  tick: (value: number, step?: number) => string;
  of: (run: RunRecord) => Estimate | null;
  /** The base's value, by the first run that knows it. */
  base: number | null;
  /** Where it is a score: which one, on which rows. */
  score?: { name: ScoreName; dataKey: string };
}

type RunScores = NonNullable<RunRecord['scores']>[number];
type ScoreName = keyof RunScores['adapter'];

const points = (value: number) => value.toFixed(1);
const percentTick = (share: number, step = 0.1) => `${formatSteppedTick(share * 100, step * 100)}\u00a0%`;
const SCORES: readonly {
  name: ScoreName;
  label: string;
  axis: string;
  better: 'low' | 'high';
  format: (value: number) => string;
}[] = [
  {
    name: 'exactMatch',
    label: 'Exact match',
    axis: 'exact match (share of rows)',
    better: 'high',
    format: formatShare,
  },
  { name: 'bleu', label: 'BLEU', axis: 'BLEU (0–100)', better: 'high', format: points },
  { name: 'rougeL', label: 'ROUGE-L', axis: 'ROUGE-L (0–100)', better: 'high', format: points },
  { name: 'chrf', label: 'chrF', axis: 'chrF (0–100)', better: 'high', format: points },
  { name: 'tokenAccuracy', label: 'Right tokens', axis: 'right tokens (share)', better: 'high', format: formatShare },
  { name: 'loss', label: 'Loss', axis: 'loss (nats per token)', better: 'low', format: formatLoss },
  { name: 'perplexity', label: 'Perplexity', axis: 'perplexity', better: 'low', format: formatLoss },
];

/** Every measure that some compared run has: those that most runs have first. */
export function qualityMeasures(runs: readonly RunRecord[]): QualityMeasure[] {
  const measures = [...scoreMeasures(runs), rightAnswers(runs), heldOutLoss()];
  const known = ({ of }: QualityMeasure) => runs.filter((run) => of(run) !== null).length;
  return measures.filter((measure) => known(measure) > 0).sort((a, b) => known(b) - known(a));
}

/** Scores are compared on the same rows only: a measure for each set of rows. */
function scoreMeasures(runs: readonly RunRecord[]): QualityMeasure[] {
  const sets = new Map(runs.flatMap((run) => (run.scores ?? []).map((scores) => [scores.dataKey, scores] as const)));
  return [...sets].flatMap(([dataKey, { dataName, questions }]) =>
    SCORES.map(({ name, label, ...rest }) => ({
      key: `${name} ${dataKey}`,
      score: { name, dataKey },
      label: `${label}${name === 'loss' || name === 'perplexity' ? ' of the evaluated rows' : ''}${sets.size > 1 ? `, ${questions} of ${dataName}` : ''}`,
      ...rest,
      tick: rest.format === formatShare ? percentTick : formatSteppedTick,
      of: (run: RunRecord) => scoresOn(run, dataKey)?.adapter[name] ?? null,
      base: runs.map((run) => scoresOn(run, dataKey)?.base?.[name]?.value).find((value) => value !== undefined) ?? null,
    })),
  );
}

function scoresOn(run: RunRecord, dataKey: string): RunScores | undefined {
  return run.scores?.find((scores) => scores.dataKey === dataKey);
}

function rightAnswers(runs: readonly RunRecord[]): QualityMeasure {
  return {
    key: 'right',
    label: 'Right answers',
    axis: 'right answers (share of rows)',
    better: 'high',
    format: formatShare,
    tick: percentTick,
    of: ({ accuracy }) => accuracy && { value: accuracy.adapter, ...wilson(accuracy.adapter, accuracy.rows) },
    base: runs.map(({ accuracy }) => accuracy?.base ?? null).find((share) => share !== null) ?? null,
  };
}

function heldOutLoss(): QualityMeasure {
  return {
    key: 'validationLoss',
    label: 'Held-out loss',
    axis: 'held-out loss (nats per token)',
    better: 'low',
    format: formatLoss,
    tick: formatSteppedTick,
    of: (run) => {
      const last = run.evaluations.at(-1);
      return last ? { value: last.loss } : null;
    },
    base: null,
  };
}

/** The one asked for, else the first. */
export function chosenMeasure(measures: readonly QualityMeasure[], key: string | null): QualityMeasure | undefined {
  return measures.find((measure) => measure.key === key) ?? measures[0];
}
