// A comparison's numbers as JSON: runs with settings and results, every step, and what was measured of the adapters.
import type { ComparedRun } from '../compared.ts';
import { costsOf } from '../costs.ts';

export function comparisonJson(compared: readonly ComparedRun[]): string {
  const runs = compared.map(({ run, mark, steps, spectra, amplifications }) => ({
    label: mark.label,
    ...run,
    costs: Object.fromEntries(costsOf(run).map(({ key, adapter, full }) => [key, { adapter, full }])),
    metrics: steps,
    spectra,
    amplifications,
  }));
  return `${JSON.stringify({ format: 'rankwise-comparison', version: 1, runs }, null, 1)}\n`;
}
