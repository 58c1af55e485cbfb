// Measures several things against each other: round after round, each in turn, so that whatever else the machine does
// falls on all of them alike.
import { type Spread, spreadOf } from './statistics.ts';

export interface Contender {
  readonly name: string;
  /** Resolves when the work is done, not when it is submitted. */
  run(): Promise<void>;
}

/** Milliseconds of each contender, by name. */
export async function contest(
  contenders: readonly Contender[],
  { runs, warmup = 2 }: { runs: number; warmup?: number },
): Promise<Map<string, Spread>> {
  const elapsed = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -warmup; round < runs; round++) {
    for (const { name, run } of contenders) {
      const start = performance.now();
      await run();
      if (round >= 0) elapsed.get(name)!.push(performance.now() - start);
    }
  }
  return new Map([...elapsed].map(([name, values]) => [name, spreadOf(values)]));
}
