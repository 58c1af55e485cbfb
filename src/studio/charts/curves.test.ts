import { describe, expect, it } from 'vitest';
import { decimate } from './decimate.ts';
import { mergeCurves } from './mergeCurves.ts';
import { Smoother, smoothingSpan } from './smoothing.ts';

describe('decimate', () => {
  it('leaves a short curve alone', () => {
    const curve = { x: [1, 2, 3], y: [4, 5, 6] };
    expect(decimate(curve, 10)).toBe(curve);
  });

  it('keeps ends, spikes and order of a long one', () => {
    const count = 100_000;
    const x = Float64Array.from({ length: count }, (_, index) => index);
    const y = Float64Array.from({ length: count }, (_, index) => Math.sin(index / 1000));
    y[54_321] = 50;
    y[12_345] = -50;
    const thin = decimate({ x, y }, 1000);
    expect(thin.x.length).toBeLessThanOrEqual(1000);
    expect(thin.x.length).toBeGreaterThan(500);
    const xs = Array.from(thin.x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect([xs[0], xs.at(-1)]).toEqual([0, count - 1]);
    expect(thin.y[xs.indexOf(54_321)]).toBe(50);
    expect(thin.y[xs.indexOf(12_345)]).toBe(-50);
  });

  it('keeps a spike behind values that are not finite', () => {
    const y = Float64Array.from({ length: 1000 }, () => 1);
    for (let index = 1; index < 1000; index += 2) y[index] = Number.NaN;
    y[500] = 9;
    const thin = decimate({ x: Float64Array.from(y, (_, index) => index), y }, 20);
    expect(Math.max(...Array.from(thin.y).filter(Number.isFinite))).toBe(9);
  });
});

describe('mergeCurves', () => {
  it('puts sparse points among dense ones, gaps as null', () => {
    const [x, loss, heldOut] = mergeCurves([
      { x: [1, 2, 3], y: [0.9, Number.NaN, 0.7] },
      { x: [0, 2, 5], y: [1, 0.8, 0.6] },
    ]);
    expect(x).toEqual([0, 1, 2, 3, 5]);
    expect(loss).toEqual([null, 0.9, null, 0.7, null]);
    expect(heldOut).toEqual([1, null, 0.8, null, 0.6]);
  });

  it('gives an empty axis for nothing', () => {
    expect(mergeCurves([])).toEqual([[]]);
    expect(mergeCurves([{ x: [], y: [] }])).toEqual([[], []]);
  });

  it('gives a stretch of a long curve in full, its neighbours and the curve’s ends', () => {
    const count = 100_000;
    const x = Float64Array.from({ length: count }, (_, index) => index);
    const y = Float64Array.from(x, Math.sin);
    const [whole] = mergeCurves([{ x, y }]);
    expect(whole.length).toBeLessThanOrEqual(4000);
    const [some, values] = mergeCurves([{ x, y }], [5000, 5100]);
    expect(some).toEqual([0, ...Array.from({ length: 102 }, (_, index) => 4999 + index), count - 1]);
    expect(values?.[2]).toBe(Math.sin(5000));
  });

  it('keeps many long curves together small', () => {
    const curves = Array.from({ length: 90 }, (_, which) => {
      const x = Float64Array.from({ length: 10_000 }, (_, index) => index);
      return { x, y: x.map((at) => Math.sin(at * (which + 1))) };
    });
    const [x] = mergeCurves(curves);
    expect(x.length * curves.length).toBeLessThan(1_000_000);
  });

  it('takes steps that were told at the same time', () => {
    expect(mergeCurves([{ x: [1, 1, 2], y: [5, 6, 7] }])).toEqual([
      [1, 2],
      [6, 7],
    ]);
  });
});

describe('Smoother', () => {
  it('is the mean weighted by powers of what it keeps', () => {
    const smoother = new Smoother(3); // keeps 1/2
    const values = [4, 2, 1].map((value) => smoother.push(value));
    expect(values[0]).toBe(4);
    expect(values[1]).toBeCloseTo((2 * 2 + 4) / 3);
    expect(values[2]).toBeCloseTo((1 * 4 + 2 * 2 + 4) / 7);
  });

  it('passes over values that are not finite', () => {
    const smoother = new Smoother(3);
    expect(smoother.push(Number.NaN)).toBeNaN();
    expect(smoother.push(2)).toBe(2);
    expect(smoother.push(Number.POSITIVE_INFINITY)).toBe(2);
  });

  it('looks back further in longer runs', () => {
    expect([10, 200, 5000].map(smoothingSpan)).toEqual([4, 10, 50]);
  });
});
