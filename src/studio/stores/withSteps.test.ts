import { expect, it } from 'vitest';
import type { StepMetrics } from '../../worker/protocol/runs.ts';
import { withSteps } from './withSteps.ts';

const at = (step: number, loss: number): StepMetrics => ({
  step,
  loss,
  learningRate: 0,
  gradientNorm: 0,
  tokens: 1,
  targetTokens: 1,
  elapsedMs: step,
});

it('appends new steps, and lets a resumed run tell its last ones again', () => {
  expect(withSteps([at(1, 4)], [at(2, 3)]).map(({ loss }) => loss)).toEqual([4, 3]);
  expect(withSteps([at(1, 4), at(2, 3), at(3, 2)], [at(2, 2.5), at(3, 1)]).map(({ loss }) => loss)).toEqual([
    4, 2.5, 1,
  ]);
});
