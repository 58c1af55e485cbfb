// What came of a run, as labelled texts with units; in Compare one row each.
import type { RunRecord } from '../../worker/protocol/runs.ts';
import { formatBytes, formatDuration, formatExact, formatLoss, formatShare } from '../format.ts';
import type { RunField } from './runFields.ts';

/** `value` is the bare number behind the text, for files. */
export interface ResultField extends RunField {
  value: number | null;
  /** Which way is better, where one is. */
  better: 'low' | 'high' | null;
}

export function resultFields(run: RunRecord): ResultField[] {
  return allResults(run).filter(({ text }) => text !== '');
}

/** The same keys in the same order for every run; an empty text where a run has no such result. */
export function allResults(run: RunRecord): ResultField[] {
  const last = run.evaluations.at(-1);
  const best = run.evaluations.reduce<number | null>(
    (low, { loss }) => (low === null || loss < low ? loss : low),
    null,
  );
  const { accuracy, plan } = run;
  return [
    field('validationLoss', 'Held-out loss (last)', 'low', last?.loss ?? null, formatLoss),
    field('bestValidationLoss', 'Held-out loss (best)', 'low', best, formatLoss),
    field('perplexity', 'Perplexity', 'low', last?.perplexity ?? null, formatLoss),
    field('tokenAccuracy', 'Right tokens', 'high', last?.tokenAccuracy ?? null, formatShare),
    field('rightAnswers', 'Right answers', 'high', accuracy?.adapter ?? null, (share) =>
      ofRows(share, accuracy?.rows ?? 0),
    ),
    field('rightAnswersBase', 'Right answers, base', null, accuracy?.base ?? null, (share) =>
      ofRows(share, accuracy?.rows ?? 0),
    ),
    field('trainingLoss', 'Training loss (last)', null, run.lastLoss, formatLoss),
    field('step', 'Steps done', null, run.step || null, (step) => `${formatExact(step)} of ${formatExact(run.steps)}`),
    field('elapsedMs', 'Time', null, run.elapsedMs || null, formatDuration),
    field('trainableParameters', 'Trainable parameters', null, plan.trainableParameters || null, (count) =>
      plan.modelParameters > 0
        ? `${formatExact(count)} (${formatShare(count / plan.modelParameters)})`
        : formatExact(count),
    ),
    field('adapterFileBytes', 'Adapter file', null, plan.adapterFileBytes || null, formatBytes),
    field('memoryBytes', 'GPU memory', null, plan.memory.total || null, formatBytes),
  ];
}

/** Indices of the best of several runs' values of one field; none where nothing differs. */
export function bestOf(fields: ResultField[]): number[] {
  const better = fields[0]?.better ?? null;
  const values = fields.flatMap(({ value }) => value ?? []);
  if (better === null || new Set(values).size < 2) return [];
  const best = better === 'low' ? Math.min(...values) : Math.max(...values);
  return fields.flatMap(({ value }, index) => (value === best ? index : []));
}

function ofRows(share: number, rows: number): string {
  return `${formatShare(share)} of ${formatExact(rows)}`;
}

function field(
  key: string,
  label: string,
  better: ResultField['better'],
  value: number | null,
  format: (value: number) => string,
): ResultField {
  return { key, label, better, value, text: value === null ? '' : format(value) };
}
