// At which steps a run stops for a moment, and what is said when a loss is not finite.
import { NOT_FINITE } from '../model/modelError.ts';
import type { TrainingSettings } from '../training/settings.ts';

/** Whether something is to be evaluated or saved after `step`. */
export function isDue({ evaluateEvery, saveEvery }: TrainingSettings, step: number): boolean {
  return [evaluateEvery, saveEvery].some((every) => every > 0 && step % every === 0);
}

export interface NonFiniteStep {
  readonly step: number;
  readonly learningRate: number;
  /** Of which step the kept adapter is; undefined when none is kept. */
  readonly savedStep: number | undefined;
  /** Only the gradient was not finite. */
  readonly hasFiniteLoss: boolean;
}

/** `isAlone`: no other adapter goes on. */
export function nonFiniteMessage(
  failed: NonFiniteStep,
  { warmupSteps, clip }: TrainingSettings,
  isAlone = true,
): string {
  const { step, learningRate, hasFiniteLoss } = failed;
  const remedies = [
    `a lower learning rate (it was ${learningRate})`,
    ...(warmupSteps === 0 ? ['some warm-up steps'] : []),
    ...(clip === 0 ? ['clipping gradients at 1'] : []),
  ];
  const what = hasFiniteLoss ? 'gradient' : 'loss';
  if (step === 1) return `The ${what} of step 1 was not a finite number, before anything was trained. ${NOT_FINITE}`;
  const end = isAlone ? 'training stopped' : 'its training stopped and the others went on';
  return `The ${what} of step ${step} was not a finite number, so ${end}. ${whatIsKept(failed)} Try ${remedies.join(', or ')}.`;
}

function whatIsKept({ step, savedStep, hasFiniteLoss }: NonFiniteStep): string {
  if (savedStep === undefined) return 'No adapter was saved before.';
  const kept = `The adapter is kept as it was after step ${savedStep}`;
  return savedStep === step - 1 && !hasFiniteLoss ? `${kept}, but it gave that loss and may be unusable.` : `${kept}.`;
}
