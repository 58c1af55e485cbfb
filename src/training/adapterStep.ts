// What the kernels are told of an adapter for one step.
import type { AdapterStep } from '../ops/stepRecord.ts';
import type { TrainingSettings } from './settings.ts';

/** Of a step that updates nothing. */
export const NO_UPDATE: AdapterStep = {
  lossScale: 0,
  learningRate: 0,
  biasCorrection1: 1,
  biasCorrection2Root: 1,
  weightDecay: 0,
  clip: 0,
};

/** `targetTokens`: of the whole step, over all micro-batches. */
export function adapterStep(
  settings: TrainingSettings,
  step: number,
  learningRate: number,
  targetTokens: number,
): AdapterStep {
  const { optimizer, weightDecay, clip } = settings;
  const isAdamw = optimizer.kind === 'adamw';
  return {
    lossScale: 1 / targetTokens,
    learningRate,
    biasCorrection1: isAdamw ? 1 - optimizer.beta1 ** step : step === 1 ? 1 : 0,
    biasCorrection2Root: isAdamw ? Math.sqrt(1 - optimizer.beta2 ** step) : 1,
    weightDecay,
    clip,
  };
}
