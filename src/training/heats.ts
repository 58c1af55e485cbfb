// Cuts a race into heats that fit into memory. Each heat has the same data, order and seed, and no adapter of a race
// knows of another, so the results are those of one race.

/** From this adapter to before that. */
export type Heat = readonly [from: number, to: number];

/**
 * As few heats as fit, of neighbours and of sizes that differ by one at most. `fits` says whether the adapters from one to
 * before another do. An adapter that does not fit alone still is a heat: whether it runs is seen when it does.
 */
export async function cutIntoHeats(
  adapters: number,
  fits: (from: number, to: number) => Promise<boolean>,
): Promise<Heat[]> {
  for (let count = 1; count < adapters; count++) {
    const heats = evenHeats(adapters, count);
    if (await allFit(heats, fits)) return heats;
  }
  return evenHeats(adapters, adapters);
}

/** The two halves of a heat that found no room. */
export function halvesOf([from, to]: Heat): Heat[] {
  const middle = Math.ceil((from + to) / 2);
  return [
    [from, middle],
    [middle, to],
  ];
}

function evenHeats(adapters: number, count: number): Heat[] {
  const edge = (i: number) => Math.round((i * adapters) / count);
  return Array.from({ length: count }, (_, i): Heat => [edge(i), edge(i + 1)]);
}

async function allFit(heats: readonly Heat[], fits: (from: number, to: number) => Promise<boolean>): Promise<boolean> {
  for (const [from, to] of heats) if (to - from > 1 && !(await fits(from, to))) return false;
  return true;
}
