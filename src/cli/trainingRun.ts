// A run of `train`, all of it checked: model, data, settings and adapters, new or taken up again. The GPU is not opened.

import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type AdapterSpec, layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import { stepsOf } from '../continue/continueRun.ts';
import { type Dataset, prepareDataset } from '../data/dataset.ts';
import { openTokenizer } from '../data/openTokenizer.ts';
import { typedTemplate } from '../data/template.ts';
import { FIRST_ROWS, type TokenRow } from '../data/types.ts';
import { checkVocabulary } from '../data/vocabularyCheck.ts';
import { FormatError } from '../formats/formatError.ts';
import { openCheckpoints } from '../storage/checkpoints.ts';
import type { Heat } from '../training/heats.ts';
import { adapterNames, choicesOf, gridOf, type RaceChoices } from '../training/race.ts';
import { decodeState } from '../training/runState.ts';
import { DEFAULT_RUN_SETTINGS, MOST_STEPS, type TrainingSettings } from '../training/settings.ts';
import { freshState, type TrainerState } from '../training/trainerState.ts';
import { type LocalAdapter, openLocalAdapter } from './adapterFolder.ts';
import { dataFile, tellReading } from './dataFile.ts';
import { existing } from './fileSource.ts';
import { type Flags, numberOf } from './flags.ts';
import { InputError } from './inputError.ts';
import { maxLengthFor } from './lengths.ts';
import { mappingOf } from './mappingFlags.ts';
import { type LocalModel, openLocalModel } from './modelFolder.ts';
import { nodeFolder } from './nodeFolder.ts';
import { makeFolder } from './outputFiles.ts';
import {
  findStateFolder,
  heatFolderOf,
  isStateFolder,
  readSavedRun,
  refuseForeignState,
  rowsChecksum,
  type SavedRun,
  stateFolderOf,
  textChecksum,
} from './savedRun.ts';
import {
  raceChoices,
  refuseContradiction,
  refuseOtherDropout,
  refuseOtherRace,
  resumedSettings,
  trainingSettings,
} from './trainFlags.ts';
import { weightsFlag } from './weightsFlag.ts';

/** One adapter of the run. */
export interface Entrant {
  /** Its folder under --out; undefined where it is the only one, whose files lie in --out itself. */
  readonly name: string | undefined;
  readonly out: string;
  readonly spec: AdapterSpec;
  readonly learningRate: number;
}

export interface Start {
  readonly state: TrainerState;
  readonly elapsedMs: number;
}

/** A run that is ready: nothing about it is wrong any more. */
export interface Run {
  readonly saved: SavedRun;
  readonly local: LocalModel;
  readonly entrants: readonly Entrant[];
  readonly dataset: Dataset;
  readonly out: string;
  readonly stateFolder: string;
  readonly isResumed: boolean;
  /** It goes on in the folder that it was kept in. */
  readonly isInPlace: boolean;
  /** What a new adapter starts from, when not from random numbers. */
  readonly init: LocalAdapter | undefined;
  /** Where heats go on, by their folder's name. */
  readonly starts: ReadonlyMap<string, Start>;
}

/** Throws InputError and what model, data and adapters throw. */
export async function prepareRun(flags: Flags): Promise<Run> {
  const resumeFrom = flags.text('resume');
  const earlier = resumeFrom === undefined ? undefined : await openEarlier(resumeFrom);
  const modelPath = flags.text('model') ?? earlier?.run.model ?? flags.required('model');
  const dataPath = flags.text('data') ?? earlier?.run.data ?? flags.required('data');
  const out = flags.text('out') ?? earlier?.out ?? flags.required('out');
  const training = earlier ? resumedSettings(flags, earlier.run.training, earlier.path) : trainingSettings(flags);
  const validation = validationOf(flags) ?? earlier?.run.validation ?? 0;
  const template = flags.text('template') ?? earlier?.run.template ?? null;
  const firstRow = flags.choice('first-row', FIRST_ROWS) ?? earlier?.run.firstRow;
  const mapping = mappingOf(flags) ?? earlier?.run.mapping;
  const renderedAt = new Date(earlier?.run.renderedAt ?? Date.now());
  const metricsPath = flags.text('metrics');
  if (metricsPath !== undefined) existing(dirname(metricsPath), 'folder');
  const file = dataFile(dataPath);

  const local = await openLocalModel(modelPath);
  const { architecture } = local;
  const weights = weightsFlag(flags, local, earlier?.run.weights);
  if (earlier && weights !== earlier.run.weights) {
    throw new InputError(`--weights contradicts ${earlier.path}, which was started with ${earlier.run.weights}`);
  }
  const initPath = flags.text('init-adapter');
  const init = initPath === undefined || earlier ? undefined : await openLocalAdapter(initPath, architecture);
  if (init) refuseContradiction(flags, init.spec, `--init-adapter ${initPath}`);
  if (earlier) refuseOther(flags, earlier);
  const choices = choicesFor(flags, earlier?.run, init);
  const base = earlier?.run.adapter ?? init?.spec;
  const entrants = entrantsOf(choices, base ?? { useRslora: flags.has('rslora') }, out);
  for (const { spec } of entrants) layOutAdapters(architecture, [spec]);

  const dataset = await prepareDataset(file, {
    tokenizer: await openTokenizer(local.folder),
    maxLength: maxLengthFor(architecture, training.maxLength),
    ...(template === null ? {} : { prompt: { kind: 'template', template: typedTemplate(template) } }),
    firstRow,
    mapping,
    validation: typeof validation === 'string' ? dataFile(validation) : validation,
    seed: training.seed,
    renderedAt,
  });
  const rows = [...dataset.train.rows, ...validationRowsOf(dataset)];
  checkVocabulary(rows, architecture.vocabularySize);
  const steps = stepsOf(training, dataset.train.rows.length);
  if (steps > MOST_STEPS) throw new InputError(`--epochs makes ${steps} steps; at most ${MOST_STEPS} are planned`);
  const saved: SavedRun = {
    version: 1,
    model: resolve(local.onDisk),
    data: resolve(dataPath),
    initAdapter: initPath === undefined ? null : resolve(initPath),
    template,
    ...(firstRow ? { firstRow } : {}),
    ...(mapping ? { mapping } : {}),
    renderedAt: renderedAt.toISOString(),
    validation: typeof validation === 'string' ? resolve(validation) : validation,
    weights,
    adapter: entrants[0]!.spec,
    ...(entrants.length > 1 ? { race: { choices, heats: earlier?.run.race?.heats ?? [[0, entrants.length]] } } : {}),
    training,
    steps,
    modelChecksum: textChecksum(local.configText),
    rowsChecksum: rowsChecksum(rows),
  };
  if (earlier) refuseChanged(earlier, saved, dataPath, modelPath);
  const done = Math.max(0, ...[...(earlier?.starts.values() ?? [])].map(({ state }) => state.step));
  if (done > steps) {
    const flag = training.length.kind === 'steps' ? 'steps' : `epochs ${training.length.epochs} makes --steps`;
    throw new InputError(`--${flag} ${steps}: the saved run has done ${done} already`);
  }
  await makeFolder(out);
  if (realpathSync(out) === realpathSync(local.onDisk)) {
    throw new InputError(`--out: ${out} is the model itself; choose another folder`);
  }
  tellReading(dataPath, dataset, firstRow);
  const [rowsPerStep, rowCount] = [training.batchSize * training.accumulate, dataset.train.rows.length];
  if (rowsPerStep > rowCount) {
    process.stderr.write(`A step takes ${rowsPerStep} rows and there are ${rowCount}: some come several times in it\n`);
  }
  return {
    saved,
    local,
    entrants,
    dataset,
    out,
    stateFolder: stateFolderOf(out),
    isResumed: earlier !== undefined,
    isInPlace: earlier !== undefined && resolve(earlier.stateFolder) === resolve(stateFolderOf(out)),
    init,
    starts: earlier?.starts ?? new Map(),
  };
}

/** What each adapter's values are taken from; those of an adapter to start from are given. */
function choicesFor(flags: Flags, earlier: SavedRun | undefined, init: LocalAdapter | undefined): RaceChoices {
  if (earlier?.race) return earlier.race.choices;
  if (earlier) return ownChoices(earlier.adapter, earlier.training);
  if (!init) return raceChoices(flags);
  return raceChoices(flags, ownChoices(init.spec, DEFAULT_RUN_SETTINGS.training));
}

function ownChoices(spec: AdapterSpec, training: TrainingSettings): RaceChoices {
  return choicesOf({ adapter: { ...DEFAULT_RUN_SETTINGS.adapter, ...specValues(spec) }, training });
}

const specValues = ({ rank, alpha, dropout, targets }: AdapterSpec) => ({
  rank,
  alpha,
  dropout,
  targets: [...targets],
});

/** `base`: what all share, and what an imported adapter has beside. */
function entrantsOf(choices: RaceChoices, base: Partial<AdapterSpec> & { useRslora: boolean }, out: string): Entrant[] {
  const variants = gridOf(choices);
  const names = adapterNames(variants);
  return variants.map(({ learningRate, ...own }, i) => {
    const name = variants.length > 1 ? names[i]! : undefined;
    return { name, out: name === undefined ? out : join(out, name), spec: { ...base, ...own }, learningRate };
  });
}

/** Where a heat keeps its checkpoints: a run of one in the state folder itself. */
export function heatFolder({ stateFolder, saved }: Pick<Run, 'stateFolder' | 'saved'>, heat: Heat): string {
  return saved.race ? heatFolderOf(stateFolder, heat) : stateFolder;
}

export function heatsOf({ race }: SavedRun): readonly Heat[] {
  return race?.heats ?? [[0, 1]];
}

/** From the checkpoint that a resumed run has of this heat, or from the beginning. */
export function startOf({ saved, starts, init, entrants, local }: Run, heat: Heat): Start {
  const known = starts.get(keyOf(heat));
  if (known) return known;
  const layouts = layOutAdapters(
    local.architecture,
    entrants.slice(...heat).map(({ spec }) => spec),
  );
  const seeds = layouts.map(() => saved.training.seed);
  const parameters = initialParameters(layouts, seeds);
  if (init) for (const { start } of layouts) parameters.set(init.block, start);
  return { state: freshState(parameters, saved.training), elapsedMs: 0 };
}

const keyOf = ([from, to]: Heat) => `${from}-${to}`;

/** How many steps of an adapter are in its heat's checkpoint. */
export function stepsDone(run: Run): (adapter: string | undefined) => number {
  const done = new Map<string | undefined, number>();
  for (const heat of heatsOf(run.saved)) {
    const step = run.starts.get(keyOf(heat))?.state.step ?? 0;
    for (const { name } of run.entrants.slice(...heat)) done.set(name, step);
  }
  return (adapter) => done.get(adapter) ?? 0;
}

export function validationOf(flags: Flags): number | string | undefined {
  const text = flags.text('validation');
  if (text === undefined) return undefined;
  const isNumber = /^[+-]?[\d.]/.test(text) && !Number.isNaN(Number(text));
  return isNumber ? numberOf('--validation', text, { least: 0, below: 1 }) : text;
}

interface EarlierRun {
  readonly path: string;
  readonly stateFolder: string;
  /** Where it goes on unless --out says otherwise. */
  readonly out: string;
  readonly run: SavedRun;
  readonly starts: ReadonlyMap<string, Start>;
}

async function openEarlier(path: string): Promise<EarlierRun> {
  const stateFolder = findStateFolder(path);
  const run = await readSavedRun(stateFolder);
  const starts = new Map<string, Start>();
  for (const heat of heatsOf(run)) {
    const folder = heatFolder({ stateFolder, saved: run }, heat);
    const checkpoint = existsSync(folder) ? await openCheckpoints(nodeFolder(folder)).latest() : undefined;
    if (checkpoint) starts.set(keyOf(heat), await decodeState(checkpoint.step, checkpoint.state));
  }
  if (starts.size === 0) {
    throw new InputError(`${path}: the run has no whole checkpoint to resume from; start it again`);
  }
  return { path, stateFolder, out: stateFolder === path ? dirname(path) : path, run, starts };
}

/**
 * Throws InputError where a new run into `out` would write over one that is not over. One that cannot be read, or has done
 * nothing yet, is nothing to lose.
 */
export async function refuseUnfinished(out: string): Promise<void> {
  const stateFolder = stateFolderOf(out);
  await refuseForeignState(stateFolder);
  if (!isStateFolder(stateFolder)) return;
  const earlier = await openEarlier(out).catch((error: unknown) => {
    if (!(error instanceof InputError || error instanceof FormatError)) throw error;
  });
  const steps = earlier?.run.steps;
  if (!earlier || steps === undefined) return;
  const left = heatsOf(earlier.run).filter((heat) => {
    const state = earlier.starts.get(keyOf(heat))?.state;
    return !state || (state.step < steps && state.stopped.length < heat[1] - heat[0]);
  });
  const done = Math.max(0, ...[...earlier.starts.values()].map(({ state }) => state.step));
  if (left.length === 0 || done === 0) return;
  const remedy = `--resume ${out} goes on with it; to start anew choose another --out or remove ${stateFolder}`;
  throw new InputError(`${out}: a run is kept there that stopped after step ${done} of ${steps}; ${remedy}`);
}

function refuseOther(flags: Flags, { path, run }: EarlierRun): void {
  const from = `the run in ${path}`;
  if (run.race) {
    refuseOtherRace(flags, run.race.choices, from);
    if (flags.has('rslora') && !run.adapter.useRslora) {
      throw new InputError(`--rslora contradicts ${from}, which scales by alpha / rank; leave the flag out`);
    }
  } else {
    refuseContradiction(flags, run.adapter, from);
    refuseOtherDropout(flags, run.adapter, from);
  }
  const init = flags.text('init-adapter');
  if (init !== undefined && resolve(init) !== run.initAdapter) {
    throw new InputError(
      `--init-adapter contradicts the run in ${path}, which goes on with its own adapter; leave the flag out`,
    );
  }
}

function refuseChanged({ path, run }: EarlierRun, now: SavedRun, dataPath: string, modelPath: string): void {
  if (run.modelChecksum !== now.modelChecksum) {
    throw new InputError(`${modelPath}: not the model that the run in ${path} was started with`);
  }
  if (run.rowsChecksum !== now.rowsChecksum) {
    throw new InputError(`${dataPath}: its rows are not those that the run in ${path} was started with`);
  }
}

export function validationRowsOf({ validation }: Dataset): TokenRow[] {
  return validation?.rows ?? [];
}
