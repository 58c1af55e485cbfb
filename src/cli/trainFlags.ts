// The flags of `train` as settings. Flags that are not given keep their defaults: the documented ones, or those of the
// run that is resumed.
import type { AdapterSpec } from '../adapters/adapterSet.ts';
import { TARGETS, type Target } from '../model/targets.ts';
import { adapterNames, choicesOf, gridOf, MOST_ADAPTERS, type RaceChoices } from '../training/race.ts';
import {
  DEFAULT_RUN_SETTINGS,
  MOST_STEPS,
  type OptimizerSettings,
  type TrainingSettings,
} from '../training/settings.ts';
import { type FlagKind, type Flags, numberOf, quoted, type Range } from './flags.ts';
import { InputError } from './inputError.ts';
import { MAPPING_FLAGS } from './mappingFlags.ts';

export const TRAIN_FLAGS: Readonly<Record<string, FlagKind>> = {
  model: 'text',
  data: 'text',
  out: 'text',
  rank: 'text',
  alpha: 'text',
  targets: 'text',
  dropout: 'text',
  'share-rank': 'switch',
  rslora: 'switch',
  optimizer: 'text',
  lr: 'text',
  'weight-decay': 'text',
  betas: 'text',
  eps: 'text',
  momentum: 'text',
  clip: 'text',
  schedule: 'text',
  warmup: 'text',
  steps: 'text',
  epochs: 'text',
  batch: 'text',
  accumulate: 'text',
  'max-length': 'text',
  template: 'text',
  'first-row': 'text',
  ...MAPPING_FLAGS,
  'no-shuffle': 'switch',
  seed: 'text',
  validation: 'text',
  weights: 'text',
  checkpointing: 'switch',
  fit: 'switch',
  memory: 'text',
  'longest-submit': 'text',
  'init-adapter': 'text',
  resume: 'text',
  'save-every': 'text',
  metrics: 'text',
};

const fromZero = { least: 0 };
const wholeFromZero = { least: 0, isWhole: true };
const wholeFromOne = { least: 1, isWhole: true };
const share = { least: 0, below: 1 };

const TRAIN_DEFAULTS: TrainingSettings = {
  ...DEFAULT_RUN_SETTINGS.training,
  length: { kind: 'epochs', epochs: 1 },
  evaluateEvery: 0,
};

/** Throws InputError that names the flag. */
export function trainingSettings(flags: Flags, defaults: TrainingSettings = TRAIN_DEFAULTS): TrainingSettings {
  return {
    optimizer: optimizerSettings(flags, defaults.optimizer),
    learningRate: learningRatesOf(flags)?.[0] ?? defaults.learningRate,
    weightDecay: flags.number('weight-decay', fromZero) ?? defaults.weightDecay,
    schedule: flags.choice('schedule', ['constant', 'linear', 'cosine']) ?? defaults.schedule,
    warmupSteps: flags.number('warmup', wholeFromZero) ?? defaults.warmupSteps,
    clip: flags.number('clip', fromZero) ?? defaults.clip,
    batchSize: flags.number('batch', wholeFromOne) ?? defaults.batchSize,
    accumulate: flags.number('accumulate', wholeFromOne) ?? defaults.accumulate,
    length: lengthSettings(flags) ?? defaults.length,
    maxLength: flags.number('max-length', { least: 2, isWhole: true }) ?? defaults.maxLength,
    shuffle: flags.has('no-shuffle') ? false : defaults.shuffle,
    seed: flags.number('seed', { ...wholeFromZero, most: 0xffff_ffff }) ?? defaults.seed,
    checkpointing: flags.has('checkpointing') || defaults.checkpointing,
    evaluateEvery: defaults.evaluateEvery,
    saveEvery: flags.number('save-every', wholeFromZero) ?? defaults.saveEvery,
  };
}

function optimizerSettings(flags: Flags, defaults: OptimizerSettings): OptimizerSettings {
  const kind = flags.choice('optimizer', ['adamw', 'sgd']) ?? defaults.kind;
  const momentum = flags.number('momentum', share);
  const eps = flags.number('eps', { above: 0 });
  const betas = flags.list('betas')?.map((beta) => numberOf('--betas', beta, share));
  if (betas !== undefined && betas.length !== 2) {
    throw new InputError(`--betas: expected two numbers like 0.9,0.999, got ${quoted(flags.text('betas'))}`);
  }
  if (kind === 'sgd') {
    return { kind, momentum: momentum ?? (defaults.kind === 'sgd' ? defaults.momentum : 0) };
  }
  if (momentum) throw new InputError('--momentum is for --optimizer sgd; AdamW has --betas');
  const kept = defaults.kind === 'adamw' ? defaults : { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
  const [beta1 = kept.beta1, beta2 = kept.beta2] = betas ?? [];
  return { kind, beta1, beta2, eps: eps ?? kept.eps };
}

function lengthSettings(flags: Flags): TrainingSettings['length'] | undefined {
  const steps = flags.number('steps', { ...wholeFromOne, most: MOST_STEPS });
  const epochs = flags.number('epochs', { above: 0 });
  if (steps !== undefined && epochs !== undefined) {
    throw new InputError('--steps and --epochs say the same thing twice; give one of them');
  }
  if (steps !== undefined) return { kind: 'steps', steps };
  return epochs === undefined ? undefined : { kind: 'epochs', epochs };
}

const ranksOf = (flags: Flags) => numbersOf(flags, 'rank', { ...wholeFromOne, most: 256 });
const alphasOf = (flags: Flags) => numbersOf(flags, 'alpha', { above: 0 });
const learningRatesOf = (flags: Flags) => numbersOf(flags, 'lr', fromZero);
const dropoutsOf = (flags: Flags) => numbersOf(flags, 'dropout', share);

/** One value or several, parted by commas. */
function numbersOf(flags: Flags, name: string, range: Range): number[] | undefined {
  const numbers = flags.list(name)?.map((text) => numberOf(`--${name}`, text, range));
  return numbers && distinct(name, numbers);
}

/** One choice of matrices or several, parted by semicolons: `q,v;q,k,v,o`. */
function targetsOf(flags: Flags): Target[][] | undefined {
  const sets = flags.text('targets')?.split(';').map(targetSet);
  return sets && distinct('targets', sets, (set) => [...set].sort().join());
}

/** `q,v`. Throws InputError. */
export function targetSet(text: string): Target[] {
  const names = new Set(text.split(',').map((name) => name.trim()));
  return [...names].map((name) => {
    const target = TARGETS.find((candidate) => candidate === name);
    if (target === undefined)
      throw new InputError(`--targets: expected some of ${TARGETS.join(', ')}, got ${quoted(name)}`);
    return target;
  });
}

function distinct<T>(name: string, values: T[], keyOf: (value: T) => string = String): T[] {
  const same = values.find((value, i) => values.findIndex((other) => keyOf(other) === keyOf(value)) < i);
  if (same !== undefined) throw new InputError(`--${name}: ${String(same)} is there twice`);
  return values;
}

/** The values that the flags name, one or several of each; the rest as in `defaults`. Throws InputError. */
export function raceChoices(flags: Flags, defaults: RaceChoices = choicesOf(DEFAULT_RUN_SETTINGS)): RaceChoices {
  const choices = {
    rank: ranksOf(flags) ?? defaults.rank,
    alpha: alphasOf(flags) ?? defaults.alpha,
    targets: targetsOf(flags) ?? defaults.targets,
    learningRate: learningRatesOf(flags) ?? defaults.learningRate,
    dropout: dropoutsOf(flags) ?? defaults.dropout,
    sharesRank: flags.has('share-rank') || defaults.sharesRank,
  };
  if (choices.sharesRank && choices.targets.length < 2) {
    throw new InputError(
      "--share-rank divides the rank among an adapter's matrices: give several --targets, as 'q;q,v'",
    );
  }
  const names = adapterNames(gridOf(choices));
  if (names.length > MOST_ADAPTERS) {
    throw new InputError(
      `--rank, --alpha, --targets, --lr and --dropout make ${names.length} adapters; at most ${MOST_ADAPTERS} race`,
    );
  }
  const same = names.find((name, i) => names.indexOf(name) < i);
  if (same !== undefined) {
    throw new InputError(`--share-rank makes two adapters alike, both ${same}; choose ranks further apart`);
  }
  return choices;
}

/** One new adapter, as its flags describe it. Throws InputError for several. */
export function newAdapterSpec(flags: Flags): AdapterSpec {
  const [first, ...others] = gridOf(raceChoices(flags));
  if (!first || others.length > 0) throw new InputError('expected one rank and one choice of targets here');
  const { learningRate: _, ...own } = first;
  return { ...own, useRslora: flags.has('rslora') };
}

/** Throws InputError for lists that say otherwise than those of the race that is resumed. */
export function refuseOtherRace(flags: Flags, saved: RaceChoices, from: string): void {
  const asked = raceChoices(flags, saved);
  const refuse = (flag: string, was: string, is: string) => {
    if (was !== is) throw new InputError(`--${flag} ${is} contradicts ${from}, which races ${was}; leave the flag out`);
  };
  refuse('rank', String(saved.rank), String(asked.rank));
  refuse('alpha', String(saved.alpha), String(asked.alpha));
  refuse('targets', saved.targets.join(';'), asked.targets.join(';'));
  refuse('lr', String(saved.learningRate), String(asked.learningRate));
  refuse('dropout', String(saved.dropout), String(asked.dropout));
  if (asked.sharesRank && !saved.sharesRank)
    throw new InputError(`--share-rank contradicts ${from}; leave the flag out`);
}

/** Throws InputError for a flag that says otherwise than the adapter that training starts from. `from` names it. */
export function refuseContradiction(flags: Flags, spec: AdapterSpec, from: string): void {
  const refuse = (flag: string, given: string | number, what: string) => {
    throw new InputError(`--${flag} ${given} contradicts ${from}, ${what}; leave the flag out`);
  };
  const [ranks, alphas, targetSets] = [ranksOf(flags), alphasOf(flags), targetsOf(flags)];
  const isOther = (values: readonly number[] | undefined, own: number) =>
    values !== undefined && String(values) !== String(own);
  if (isOther(ranks, spec.rank)) refuse('rank', String(ranks), `whose rank is ${spec.rank}`);
  if (isOther(alphas, spec.alpha)) refuse('alpha', String(alphas), `whose alpha is ${spec.alpha}`);
  if (flags.has('rslora') && !spec.useRslora) {
    throw new InputError(`--rslora contradicts ${from}, which scales by alpha / rank; leave the flag out`);
  }
  const sorted = (list: readonly string[]) => [...new Set(list)].sort().join(',');
  if (targetSets?.some((targets) => sorted(targets) !== sorted(spec.targets))) {
    refuse('targets', targetSets.join(';'), `whose targets are ${spec.targets.join(',')}`);
  }
}

/** Throws InputError for dropout that is not the resumed run's. */
export function refuseOtherDropout(flags: Flags, { dropout }: AdapterSpec, from: string): void {
  const asked = dropoutsOf(flags);
  if (asked !== undefined && String(asked) !== String(dropout)) {
    throw new InputError(`--dropout ${asked} contradicts ${from}, which was started with ${dropout}`);
  }
}

const FLAG_OF: Readonly<Record<Exclude<keyof TrainingSettings, 'length' | 'saveEvery' | 'evaluateEvery'>, string>> = {
  optimizer: 'optimizer, --betas, --eps or --momentum',
  learningRate: 'lr',
  weightDecay: 'weight-decay',
  schedule: 'schedule',
  warmupSteps: 'warmup',
  clip: 'clip',
  batchSize: 'batch',
  accumulate: 'accumulate',
  maxLength: 'max-length',
  shuffle: 'no-shuffle',
  seed: 'seed',
  checkpointing: 'checkpointing',
};

/**
 * The settings of a resumed run: as it was started, but for how long it goes on and how often it is saved. Throws
 * InputError for a flag that says otherwise.
 */
export function resumedSettings(flags: Flags, saved: TrainingSettings, from: string): TrainingSettings {
  const asked = trainingSettings(flags, saved);
  for (const [key, flag] of Object.entries(FLAG_OF)) {
    const [was, is] = [saved, asked].map((settings) =>
      JSON.stringify(Object.entries(settings).find(([k]) => k === key)?.[1]),
    );
    if (was !== is)
      throw new InputError(`--${flag} contradicts ${from}, which was started with ${was}; leave the flag out`);
  }
  return asked;
}
