// At which steps a run stops for a moment, and what is said when a loss is not finite.
import type { TrainingSettings } from '../training/settings.ts';

/** Whether something is to be evaluated or saved after `step`. */
export function isDue({ evaluateEvery, saveEvery }: TrainingSettings, step: number): boolean {
  return [evaluateEvery, saveEvery].some((every) => every > 0 && step % every === 0);
}

export function nonFiniteMessage(step: number, learningRate: number, settings: TrainingSettings): string {
  const { warmupSteps, clip } = settings;
  const remedies = [
    `a lower learning rate (it was ${learningRate})`,
    ...(warmupSteps === 0 ? ['some warm-up steps'] : []),
    ...(clip === 0 ? ['clipping gradients at 1'] : []),
  ];
  const kept = step > 1 ? `The adapter is kept as it was after step ${step - 1}.` : 'The adapter is as it started.';
  return `The loss of step ${step} was not a finite number, so training stopped. ${kept} Try ${remedies.join(', or ')}.`;
}
