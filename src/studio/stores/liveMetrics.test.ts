import { describe, expect, it } from 'vitest';
import type { StepMetrics } from '../../worker/protocol/runs.ts';
import { MetricSeries } from './liveMetrics.ts';

const row = (step: number, change: Partial<StepMetrics> = {}): StepMetrics => ({
  step,
  loss: 1 / step,
  learningRate: 1e-3,
  gradientNorm: 0.5,
  tokens: 100,
  targetTokens: 40,
  elapsedMs: step * 50,
  ...change,
});

describe('MetricSeries', () => {
  it('grows past its first size without losing a value', () => {
    const series = new MetricSeries(1000);
    for (let step = 1; step <= 1000; step++) series.append([row(step)]);
    expect(series.length).toBe(1000);
    expect(series.column('loss')[299]).toBe(1 / 300);
    expect(series.column('step')[999]).toBe(1000);
    expect(series.version).toBe(1000);
  });

  it('takes each step once, in order', () => {
    const series = new MetricSeries(10);
    series.append([row(1), row(2)]);
    series.append([row(2, { loss: 9 }), row(3)]);
    expect([...series.column('step')]).toEqual([1, 2, 3]);
    expect(series.column('loss')[1]).toBe(0.5);
  });

  it('measures tokens per second over the last steps', () => {
    const series = new MetricSeries(10);
    series.append(Array.from({ length: 20 }, (_, index) => row(index + 1)));
    expect(series.last('tokensPerSecond')).toBeCloseTo(2000);
    series.append([row(21, { elapsedMs: 20 * 50 + 450 })]);
    expect(series.last('tokensPerSecond')).toBeCloseTo((8 * 100) / 0.8);
  });

  it('knows nothing before the first step', () => {
    expect(new MetricSeries(10).last('loss')).toBeNull();
  });
});
