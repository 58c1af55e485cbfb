import { describe, expect, it } from 'vitest';
import type { StepMetrics } from '../../worker/protocol/runs.ts';
import { lossCurve, smoothed, validationCurve } from './curves.ts';

const step = (n: number, loss: number): StepMetrics => ({
  step: n,
  loss,
  learningRate: 1e-3,
  gradientNorm: 1,
  tokens: 10,
  targetTokens: 5,
  elapsedMs: n * 500,
});

describe('curves', () => {
  it('reads a loss curve by step or by seconds', () => {
    expect(lossCurve([step(1, 3), step(2, 2)], 'step')).toEqual({ x: [1, 2], y: [3, 2] });
    expect(lossCurve([step(1, 3), step(2, 2)], 'time')).toEqual({ x: [0.5, 1], y: [3, 2] });
  });

  it('puts evaluations at the time of their step, and leaves out one whose step is not known', () => {
    const evaluation = (at: number, loss: number) => ({ step: at, rows: 4, loss, perplexity: 1, tokenAccuracy: 0 });
    const metrics = [step(1, 3), step(2, 2)];
    const evaluations = [evaluation(0, 4), evaluation(2, 2.5), evaluation(9, 1)];
    expect(validationCurve(evaluations, metrics, 'time')).toEqual({ x: [0, 1], y: [4, 2.5] });
    expect(validationCurve(evaluations, metrics, 'step').x).toEqual([0, 2, 9]);
  });

  it('smooths a constant to itself, and a noisy curve towards its middle', () => {
    const constant = { x: [1, 2, 3], y: [4, 4, 4] };
    expect(smoothed(constant, 200).y).toEqual([4, 4, 4].map((v) => expect.closeTo(v, 12)));
    const x = Array.from({ length: 100 }, (_, i) => i);
    const noisy = { x, y: x.map((i) => (i % 2 === 0 ? 1 : 3)) };
    expect(Math.abs((smoothed(noisy, 100).y[99] ?? 0) - 2)).toBeLessThan(0.4);
  });
});
