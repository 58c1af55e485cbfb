// A race: several adapters that differ in rank, alpha, matrices, learning rate or dropout and in nothing else, trained on
// the same batches from the same seed. They are the grid of the chosen values.
import { z } from 'zod';
import { adapterSettingsSchema, type RunSettings, trainingSettingsSchema } from './settings.ts';

const { rank, alpha, targets, dropout } = adapterSettingsSchema.shape;

const variantSchema = z.object({
  rank,
  alpha,
  targets,
  learningRate: trainingSettingsSchema.shape.learningRate,
  dropout,
});
/** What one adapter of a race has for itself. */
type Variant = z.infer<typeof variantSchema>;

/** More would be no race but a search, and would not fit a legend. */
export const MOST_ADAPTERS = 32;

export const raceChoicesSchema = z.object({
  rank: z.array(rank).min(1),
  alpha: z.array(alpha).min(1),
  targets: z.array(targets).min(1),
  learningRate: z.array(variantSchema.shape.learningRate).min(1),
  dropout: z.array(dropout).min(1),
  /** A rank is what an adapter on one matrix has; more matrices share it, so that the parameters stay about as many. */
  sharesRank: z.boolean().default(false),
});
/** The values that each adapter has one of, in the order in which they are run. */
export type RaceChoices = z.infer<typeof raceChoicesSchema>;

/** One value of each: the race of one. */
export function choicesOf({ adapter, training }: RunSettings): RaceChoices {
  return {
    rank: [adapter.rank],
    alpha: [adapter.alpha],
    targets: [adapter.targets],
    learningRate: [training.learningRate],
    dropout: [adapter.dropout],
    sharesRank: false,
  };
}

/** Every combination of the chosen values. */
export function gridOf(choices: RaceChoices): Variant[] {
  const grid: Variant[] = [];
  for (const targets of choices.targets)
    for (const rank of choices.rank)
      for (const alpha of choices.alpha)
        for (const learningRate of choices.learningRate)
          for (const dropout of choices.dropout) {
            const own = choices.sharesRank ? Math.max(1, Math.floor(rank / targets.length)) : rank;
            grid.push({ rank: own, alpha, targets, learningRate, dropout });
          }
  return grid;
}

/** The settings of one adapter of a race, as if it ran alone. */
export function withVariant(settings: RunSettings, { learningRate, ...own }: Variant): RunSettings {
  return { adapter: { ...settings.adapter, ...own }, training: { ...settings.training, learningRate } };
}

const NAMES: readonly ((variant: Variant) => string)[] = [
  ({ rank }) => `r${rank}`,
  ({ targets }) => targets.join('.'),
  ({ alpha }) => `a${alpha}`,
  ({ learningRate }) => `lr${learningRate}`,
  ({ dropout }) => `d${dropout}`,
];

/** Short names, fit for folders, of what differs: `r4`, `r4-lr0.0002`, `r8-q.v`. Equal variants get equal names. */
export function adapterNames(variants: readonly Variant[]): string[] {
  const differing = NAMES.filter((name) => new Set(variants.map(name)).size > 1);
  const parts = differing.length > 0 ? differing : NAMES.slice(0, 1);
  return variants.map((variant) => parts.map((name) => name(variant)).join('-'));
}
