// Shares of right answers over seeds, with what the choice of held-out rows leaves open: paired bootstrap over the rows, the
// same for every adapter. It says nothing of other seeds: those are the numbers beside it.
import { hash32 } from '../../src/data/random.ts';

const RESAMPLES = 1000;
const [SEED, STREAM] = [42, 5];

export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Whether the best of its table is better on nearly all resamples. */
  readonly isWorseThanBest: boolean;
}

/** `adapters`: by adapter, by seed, by row, whether the answer was right. */
export function spreads(adapters: readonly (readonly (readonly boolean[])[])[]): Spread[] {
  const rows = adapters[0]?.[0]?.length ?? 0;
  const perRow = adapters.map((seeds) =>
    Array.from({ length: rows }, (_, row) => seeds.reduce((sum, seed) => sum + (seed[row] ? 1 : 0), 0) / seeds.length),
  );
  const mean = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) / rows;
  const means = perRow.map(mean);
  const best = means.indexOf(Math.max(...means));
  const samples = perRow.map(() => new Float64Array(RESAMPLES));
  for (let sample = 0; sample < RESAMPLES; sample++) {
    for (let i = 0; i < rows; i++) {
      const row = Math.floor((hash32(SEED, STREAM, sample * rows + i) / 2 ** 32) * rows);
      perRow.forEach((shares, which) => {
        samples[which]![sample]! += shares[row]! / rows;
      });
    }
  }
  return samples.map((own, which) => ({
    mean: means[which]!,
    ...middle(own),
    isWorseThanBest: middle(own.map((value, i) => samples[best]![i]! - value)).low > 0,
  }));
}

/** The middle 95 %. */
function middle(samples: Float64Array): { low: number; high: number } {
  const sorted = samples.slice().sort();
  const cut = Math.floor(sorted.length / 40);
  return { low: sorted[cut]!, high: sorted[sorted.length - 1 - cut]! };
}
