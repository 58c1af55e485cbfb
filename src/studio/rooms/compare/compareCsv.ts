// What Compare shows, as files: one row per run, or one row per step of each run.
import type { RunRecord, StepMetrics } from '../../../worker/protocol/runs.ts';
import { toCsv } from '../../runs/csv.ts';
import { allResults } from '../../runs/resultFields.ts';
import { splitFields } from '../../runs/runFields.ts';

/** A column per setting (as text) and per result (as a bare number, shares from 0 to 1, times in ms). */
export function runsCsv(runs: RunRecord[]): string {
  const { differing, equal } = splitFields(runs);
  const settings = [...differing, ...equal];
  const results = runs.map(allResults);
  const header = ['name', 'status', ...(results[0] ?? []).map(({ key }) => key), ...settings.map(({ key }) => key)];
  const rows = runs.map((run, index) => [
    run.name,
    run.status,
    ...(results[index] ?? []).map(({ value }) => value),
    ...settings.map(({ texts }) => texts[index]),
  ]);
  return toCsv(header, rows);
}

/** Column names of the steps as in the command line's metrics file. */
export function curvesCsv(runs: { run: RunRecord; metrics: StepMetrics[] }[]): string {
  const header = [
    'name',
    'rank',
    'step',
    'elapsedMs',
    'loss',
    'learningRate',
    'gradientNorm',
    'tokens',
    'targetTokens',
    'validationLoss',
  ];
  const rows = runs.flatMap(({ run, metrics }) => {
    const validation = new Map(run.evaluations.map(({ step, loss }) => [step, loss]));
    return metrics.map((m) => [
      run.name,
      run.settings.adapter.rank,
      m.step,
      m.elapsedMs,
      m.loss,
      m.learningRate,
      m.gradientNorm,
      m.tokens,
      m.targetTokens,
      validation.get(m.step),
    ]);
  });
  return toCsv(header, rows);
}
