import { expect, test } from 'vitest';
import { DEFAULT_RUN_SETTINGS } from '../training/settings.ts';
import { isDue, nonFiniteMessage } from './runMarks.ts';

const { training } = DEFAULT_RUN_SETTINGS;

test('a step is marked by either interval, and by none at 0', () => {
  const settings = { ...training, evaluateEvery: 4, saveEvery: 6 };
  expect([1, 4, 5, 6, 8].map((step) => isDue(settings, step))).toEqual([false, true, false, true, true]);
  expect(isDue({ ...training, evaluateEvery: 0, saveEvery: 0 }, 4)).toBe(false);
});

test('a loss that is not finite names the step, what is kept, and what is not tried yet', () => {
  const failed = { step: 12, learningRate: 0.5, savedStep: 10, hasFiniteLoss: false };
  const message = nonFiniteMessage(failed, { ...training, clip: 1, warmupSteps: 0 });
  expect(message).toContain('loss of step 12');
  expect(message).toContain('after step 10.');
  expect(message).toContain('warm-up');
  expect(message).not.toContain('clipping');
});

test('a first step that is not finite is the model’s, not the learning rate’s', () => {
  const failed = { step: 1, learningRate: 0.5, savedStep: undefined, hasFiniteLoss: false };
  expect(nonFiniteMessage(failed, training)).toMatch(/loss of step 1 .* before anything was trained\. The weights/);
  expect(nonFiniteMessage(failed, training)).not.toContain('learning rate');
});

test('an adapter that gave the loss itself is not called good', () => {
  const failed = { step: 12, learningRate: 0.5, savedStep: 11, hasFiniteLoss: false };
  expect(nonFiniteMessage(failed, training)).toContain('may be unusable');
  expect(nonFiniteMessage({ ...failed, hasFiniteLoss: true }, training)).not.toContain('may be unusable');
  expect(nonFiniteMessage({ ...failed, savedStep: undefined }, training)).toContain('No adapter was saved');
});
