import { describe, expect, it } from 'vitest';
import type { StepMetrics } from '../../../worker/protocol.ts';
import { commonGrid, lossCurve, resample, scatter, smooth, validationCurve } from './curves.ts';

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
    expect(smooth([4, 4, 4], 200)).toEqual([4, 4, 4].map((v) => expect.closeTo(v, 12)));
    const noisy = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : 3));
    expect(Math.abs((smooth(noisy, 100).at(-1) ?? 0) - 2)).toBeLessThan(0.4);
  });

  it('takes every x while they are few, and an even grid when they are many', () => {
    const short = { x: [1, 2], y: [0, 0] };
    const other = { x: [2, 5], y: [0, 0] };
    expect(commonGrid([short, other], [3], 10)).toEqual([1, 2, 3, 5]);
    const long = { x: Array.from({ length: 1001 }, (_, i) => i), y: new Array(1001).fill(0) };
    expect(commonGrid([long], [333], 5)).toEqual([0, 250, 333, 500, 750, 1000]);
    expect(commonGrid([], [], 5)).toEqual([]);
  });

  it('draws straight lines between points, nothing beyond them', () => {
    const curve = { x: [1, 3], y: [10, 20] };
    expect(resample(curve, [0, 1, 2, 3, 4])).toEqual([null, 10, 15, 20, null]);
    expect(resample({ x: [1, 2, 3], y: [1, Number.NaN, 3] }, [1, 1.5, 2, 3])).toEqual([1, null, null, 3]);
    expect(scatter(curve, [1, 2, 3])).toEqual([10, null, 20]);
    expect(resample({ x: [], y: [] }, [1])).toEqual([null]);
  });
});
