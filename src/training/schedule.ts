// Learning rates as transformers' schedulers give them: linear warm-up from 0 (the first step is at 0 under warm-up), then
// constant, linear to 0, or half a cosine to 0 (transformers `optimization.py`).
import type { TrainingSettings } from './settings.ts';

/** The learning rate of optimizer step `step` (from 1) of `steps`. */
export function learningRateAt(
  settings: Pick<TrainingSettings, 'learningRate' | 'schedule' | 'warmupSteps'>,
  step: number,
  steps: number,
): number {
  const { learningRate, schedule, warmupSteps } = settings;
  const done = step - 1;
  if (done < warmupSteps) return learningRate * (done / Math.max(1, warmupSteps));
  const rest = Math.max(1, steps - warmupSteps);
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'linear':
      return learningRate * Math.max(0, (steps - done) / rest);
    case 'cosine':
      return learningRate * Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (done - warmupSteps)) / rest)));
    default:
      return schedule satisfies never;
  }
}
