import { expect, test } from 'vitest';
import { spreads } from './spread.ts';

const ROWS = 200;
/** Right on the first `share` of the rows. */
const right = (share: number) => Array.from({ length: ROWS }, (_, row) => row < share * ROWS);

test('means over seeds and rows, intervals around them, and who is beyond the rows’ noise', () => {
  const [best, near, far] = spreads([
    [right(0.9), right(0.8)],
    [right(0.84), right(0.85)],
    [right(0.5), right(0.6)],
  ]);
  expect(best).toMatchObject({ mean: expect.closeTo(0.85, 9), isWorseThanBest: false });
  expect(near).toMatchObject({ mean: expect.closeTo(0.845, 9), isWorseThanBest: false });
  expect(far).toMatchObject({ mean: expect.closeTo(0.55, 9), isWorseThanBest: true });
  for (const { mean, low, high } of [best!, near!, far!]) {
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(high - low).toBeLessThan(0.15);
  }
});
