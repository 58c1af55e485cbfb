import { expect, test } from 'vitest';
import { lossChart } from './lossChart.ts';

const numbers = (text: string | undefined) => (text ?? '').split(/[ ,]/).map(Number);
const points = (svg: string, stroke: string) =>
  numbers(new RegExp(`<polyline points="([^"]*)" fill="none" stroke="${stroke}"`).exec(svg)?.[1]);

test('a line from the first loss to the last, within the frame, falling as the loss does', () => {
  const svg = lossChart(Array.from({ length: 20 }, (_, i) => ({ step: i + 1, loss: 3 - i * 0.1 }))) ?? '';
  const at = points(svg, '#2f6fde');
  expect(at.length).toBe(40);
  const [xs, ys] = [at.filter((_, i) => i % 2 === 0), at.filter((_, i) => i % 2 === 1)];
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  expect(ys).toEqual([...ys].sort((a, b) => a - b));
  expect(Math.min(...xs)).toBeGreaterThan(50);
  expect(Math.max(...xs, ...ys)).toBeLessThan(720);
  expect(svg).toContain('>1.0<');
  expect(svg).toContain('>3.0<');
  expect(svg).not.toContain('held out');
});

test('many steps are drawn as some hundred means; held-out losses stand beside them', () => {
  const training = Array.from({ length: 10_000 }, (_, i) => ({ step: i + 1, loss: 1 + (i % 2) }));
  const svg = lossChart(training, [
    { step: 5000, loss: 1.4 },
    { step: 10_000, loss: 1.3 },
  ]);
  const at = points(svg ?? '', '#2f6fde');
  expect(at.length).toBeLessThanOrEqual(800);
  // Means of an even number of ones and twos lie at one height.
  expect(new Set(at.filter((_, i) => i % 2 === 1)).size).toBeLessThanOrEqual(2);
  expect(svg?.match(/<circle/g)?.length).toBe(2);
  expect(svg).toContain('>10,000<');
});

test('nothing to draw, equal losses, and losses that are no numbers', () => {
  expect(lossChart([])).toBeUndefined();
  expect(
    lossChart([
      { step: 1, loss: 2 },
      { step: 2, loss: Number.NaN },
    ]),
  ).toBeUndefined();
  const flat =
    lossChart([
      { step: 1, loss: 2 },
      { step: 2, loss: 2 },
    ]) ?? '';
  expect(points(flat, '#2f6fde').every(Number.isFinite)).toBe(true);
  const zero =
    lossChart([
      { step: 1, loss: 0 },
      { step: 2, loss: 0 },
    ]) ?? '';
  expect(points(zero, '#2f6fde').every(Number.isFinite)).toBe(true);
});
