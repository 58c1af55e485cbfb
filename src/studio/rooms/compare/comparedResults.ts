// Results of the compared runs, a list of the same fields for each: what training measured, then the scores of evaluations,
// of each set of rows apart.
import type { RunRecord } from '../../../worker/protocol/runs.ts';
import { allResults, type ResultField } from '../../runs/resultFields.ts';
import { textOf } from './enoughRank.ts';
import { qualityMeasures } from './quality.ts';

export function comparedResults(runs: readonly RunRecord[]): ResultField[][] {
  const scores = qualityMeasures(runs).filter(({ score }) => score);
  return runs.map((run) => [
    ...allResults(run),
    ...scores.map((measure): ResultField => {
      const estimate = measure.of(run);
      return {
        key: measure.key,
        label: measure.label,
        better: measure.better,
        value: estimate?.value ?? null,
        text: estimate ? textOf(estimate, measure) : '',
      };
    }),
  ]);
}
