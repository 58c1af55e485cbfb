// What came of a run, as labelled texts with units; in Compare one row each.
import type { RunRecord } from '../../worker/protocol.ts';
import { formatBytes, formatDuration, formatExact, formatLoss, formatShare } from '../format.ts';
import type { RunField } from './runFields.ts';

/** `value` is the bare number behind the text, for files. */
export interface ResultField extends RunField {
  value: number | null;
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
    field('validationLoss', 'Validation loss (last)', last?.loss ?? null, formatLoss),
    field('bestValidationLoss', 'Validation loss (best)', best, formatLoss),
    field('perplexity', 'Perplexity', last?.perplexity ?? null, formatLoss),
    field('tokenAccuracy', 'Right tokens', last?.tokenAccuracy ?? null, formatShare),
    field('rightAnswers', 'Right answers', accuracy?.adapter ?? null, (share) => ofRows(share, accuracy?.rows ?? 0)),
    field('rightAnswersBase', 'Right answers, base', accuracy?.base ?? null, (share) =>
      ofRows(share, accuracy?.rows ?? 0),
    ),
    field('trainingLoss', 'Training loss (last)', run.lastLoss, formatLoss),
    field('step', 'Steps done', run.step || null, (step) => `${formatExact(step)} of ${formatExact(run.steps)}`),
    field('elapsedMs', 'Time', run.elapsedMs || null, formatDuration),
    field('trainableParameters', 'Trainable parameters', plan.trainableParameters || null, (count) =>
      plan.modelParameters > 0
        ? `${formatExact(count)} (${formatShare(count / plan.modelParameters)})`
        : formatExact(count),
    ),
    field('adapterFileBytes', 'Adapter file', plan.adapterFileBytes || null, formatBytes),
    field('memoryBytes', 'GPU memory', plan.memory.total || null, formatBytes),
  ];
}

function ofRows(share: number, rows: number): string {
  return `${formatShare(share)} of ${formatExact(rows)}`;
}

function field(key: string, label: string, value: number | null, format: (value: number) => string): ResultField {
  return { key, label, value, text: value === null ? '' : format(value) };
}
