import type { ComparedRun } from './compared.ts';

/** The two asked for where both are there, else the two of the highest ranks; null where there are not two. */
export function chosenPair(
  candidates: readonly ComparedRun[],
  wanted: readonly [string, string] | null,
): readonly [ComparedRun, ComparedRun] | null {
  const [first, second] = [...candidates].sort((a, b) => a.mark.rank - b.mark.rank).slice(-2);
  if (!first || !second) return null;
  const of = (id: string | undefined) => candidates.find(({ run }) => run.id === id);
  const [one, other] = [of(wanted?.[0]), of(wanted?.[1])];
  return one && other ? [one, other] : [first, second];
}
