// The adapters that a request asks for: the grid of the chosen values. A single run is a race of one.
import { adapterNames, choicesOf, gridOf, MOST_ADAPTERS, raceChoicesSchema, withVariant } from '../training/race.ts';
import type { RunSettings } from '../training/settings.ts';
import { WorkerError } from './failure.ts';
import type { RaceRequest } from './protocol/runs.ts';
import { checkSettings } from './runPlanning.ts';

export interface RaceAdapter {
  /** Short, of what differs. */
  readonly name: string;
  readonly settings: RunSettings;
}

/** Throws WorkerError naming what is out of range. */
export function raceAdapters(request: Pick<RaceRequest, 'settings' | 'choices'>): RaceAdapter[] {
  const settings = checkSettings(request.settings);
  const parsed = raceChoicesSchema.safeParse(request.choices ?? choicesOf(settings));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new WorkerError(`${issue?.path.join('.') ?? 'race'}: ${issue?.message ?? 'not understood'}.`);
  }
  const variants = gridOf(parsed.data);
  if (variants.length > MOST_ADAPTERS) {
    throw new WorkerError(
      `These values make ${variants.length} adapters; at most ${MOST_ADAPTERS} race. Choose fewer.`,
    );
  }
  const names = adapterNames(variants);
  if (new Set(names).size < names.length) throw new WorkerError('Two adapters of the race are the same.');
  return variants.map((variant, i) => ({ name: names[i]!, settings: withVariant(settings, variant) }));
}
