// `train`: an adapter from a model folder and a data file. All input is checked before the GPU is opened. The run's state
// is kept under OUT/state every N steps and when it is stopped, so that it can be resumed to the same bits.
import { realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AdapterLayout, layOutAdapters, trainableParameters } from '../../adapters/adapterSet.ts';
import { initialParameters } from '../../adapters/initial.ts';
import { writeAdapter } from '../../adapters/peftFolder.ts';
import { type Dataset, prepareDataset } from '../../data/dataset.ts';
import { typedTemplate } from '../../data/template.ts';
import type { TokenRow } from '../../data/types.ts';
import type { Gpu } from '../../gpu/device.ts';
import { type FrozenModel, parameterCount } from '../../model/frozenModel.ts';
import { openCheckpoints } from '../../storage/checkpoints.ts';
import { decodeState, encodeState } from '../../training/runState.ts';
import { type Evaluation, freshState, Trainer, type TrainerState } from '../../training/trainer.ts';
import { flatParameters, openLocalAdapter } from '../adapterFolder.ts';
import { dataFile, tellProblems } from '../dataFile.ts';
import { existing } from '../fileSource.ts';
import { checkFitFlags, fitted } from '../fitFlag.ts';
import { type Flags, numberOf } from '../flags.ts';
import { InputError } from '../inputError.ts';
import { checkRows, maxLengthFor } from '../lengths.ts';
import { type MetricsFile, openMetrics } from '../metricsFile.ts';
import { cardInfo } from '../modelCard.ts';
import { type LocalModel, loadLocal, openLocalModel, openTokenizer, withGpu } from '../modelFolder.ts';
import { nodeFolder } from '../nodeFolder.ts';
import { makeFolder, writeFiles } from '../outputFiles.ts';
import { duration, progressBar } from '../progress.ts';
import {
  findStateFolder,
  readSavedRun,
  rowsChecksum,
  type SavedRun,
  stateFolderOf,
  textChecksum,
  writeSavedRun,
} from '../savedRun.ts';
import { dropoutOf, newAdapterSpec, refuseContradiction, resumedSettings, trainingSettings } from '../trainFlags.ts';
import { weightsFlag } from '../weightsFlag.ts';

/** The run came to a step whose loss or gradient is not finite. */
class DivergedError extends Error {
  override name = 'DivergedError';
}

/** A run that is ready: nothing about it is wrong any more. */
interface Run {
  readonly saved: SavedRun;
  readonly local: LocalModel;
  readonly layout: AdapterLayout;
  readonly start: { state: TrainerState; elapsedMs: number };
  readonly dataset: Dataset;
  readonly out: string;
  readonly stateFolder: string;
  readonly isResumed: boolean;
}

/** The process's exit code: 0, or that of the signal that stopped the run. */
export async function train(flags: Flags): Promise<number> {
  const run = await prepare(flags);
  const metricsPath = flags.text('metrics');
  const metrics = metricsPath === undefined ? undefined : openMetrics(metricsPath, run.start.state.step);
  try {
    return await withGpu(async (gpu) => {
      const chosen = flags.has('fit') ? withSettings(run, await fitted(gpu, { ...run, ...run.saved }, flags)) : run;
      return trainOn(
        gpu,
        await loadLocal(gpu, run.local, chosen.saved.weights),
        chosen,
        metrics,
        longestSubmitMs(flags),
      );
    });
  } finally {
    metrics?.close();
  }
}

function withSettings(run: Run, chosen: Pick<SavedRun, 'weights' | 'training'>): Run {
  return { ...run, saved: { ...run.saved, ...chosen } };
}

const longestSubmitMs = (flags: Flags) => flags.number('longest-submit', { above: 0 });

async function prepare(flags: Flags): Promise<Run> {
  checkFitFlags(flags);
  longestSubmitMs(flags);
  const resumeFrom = flags.text('resume');
  const earlier = resumeFrom === undefined ? undefined : await openEarlier(resumeFrom);
  const modelPath = flags.text('model') ?? earlier?.run.model ?? flags.required('model');
  const dataPath = flags.text('data') ?? earlier?.run.data ?? flags.required('data');
  const out = flags.text('out') ?? earlier?.out ?? flags.required('out');
  const training = earlier ? resumedSettings(flags, earlier.run.training, earlier.path) : trainingSettings(flags);
  const validation = validationOf(flags) ?? earlier?.run.validation ?? 0;
  const template = flags.text('template') ?? earlier?.run.template ?? null;
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
  const dropout = dropoutOf(flags);
  const spec =
    earlier?.run.adapter ?? (init ? { ...init.spec, dropout: dropout ?? init.spec.dropout } : newAdapterSpec(flags));
  const [layout] = layOutAdapters(architecture, [spec]);
  if (!layout) throw new RangeError('train: no layout');

  const dataset = await prepareDataset(file, {
    tokenizer: await openTokenizer(local),
    maxLength: maxLengthFor(architecture, training.maxLength),
    ...(template === null ? {} : { prompt: { kind: 'template', template: typedTemplate(template) } }),
    validation: typeof validation === 'string' ? dataFile(validation) : validation,
    seed: training.seed,
  });
  const rows = [...dataset.train.rows, ...validationRowsOf(dataset)];
  checkRows(architecture, rows);
  const saved: SavedRun = {
    version: 1,
    model: resolve(modelPath),
    data: resolve(dataPath),
    initAdapter: initPath === undefined ? null : resolve(initPath),
    template,
    validation: typeof validation === 'string' ? resolve(validation) : validation,
    weights,
    adapter: spec,
    training,
    modelChecksum: textChecksum(local.configText),
    rowsChecksum: rowsChecksum(rows),
  };
  if (earlier) refuseChanged(earlier, saved, dataPath, modelPath);
  const start = earlier?.start ?? {
    state: freshState(init ? flatParameters(init) : initialParameters([layout], [training.seed]), training),
    elapsedMs: 0,
  };
  const { length } = training;
  if (length.kind === 'steps' && start.state.step > length.steps) {
    throw new InputError(`--steps ${length.steps}: the saved run has done ${start.state.step} already`);
  }
  await makeFolder(out);
  if (realpathSync(out) === realpathSync(modelPath)) {
    throw new InputError(`--out: ${out} is the model itself; choose another folder`);
  }
  tellProblems(dataPath, dataset.problems);
  return {
    saved,
    local,
    layout,
    start,
    dataset,
    out,
    stateFolder: stateFolderOf(out),
    isResumed: earlier !== undefined,
  };
}

function validationOf(flags: Flags): number | string | undefined {
  const text = flags.text('validation');
  if (text === undefined) return undefined;
  const isNumber = /^[+-]?[\d.]/.test(text) && !Number.isNaN(Number(text));
  return isNumber ? numberOf('--validation', text, { least: 0, below: 1 }) : text;
}

interface EarlierRun {
  readonly path: string;
  /** Where it goes on unless --out says otherwise. */
  readonly out: string;
  readonly run: SavedRun;
  readonly start: { state: TrainerState; elapsedMs: number };
}

async function openEarlier(path: string): Promise<EarlierRun> {
  const stateFolder = findStateFolder(path);
  const run = await readSavedRun(stateFolder);
  const checkpoint = await openCheckpoints(nodeFolder(stateFolder)).latest();
  if (!checkpoint) throw new InputError(`${path}: the run has no whole checkpoint to resume from; start it again`);
  const start = await decodeState(checkpoint.step, checkpoint.state);
  return { path, out: stateFolder === path ? dirname(path) : path, run, start };
}

function refuseOther(flags: Flags, { path, run }: EarlierRun): void {
  refuseContradiction(flags, run.adapter, `the run in ${path}`);
  const dropout = dropoutOf(flags);
  if (dropout !== undefined && dropout !== run.adapter.dropout) {
    throw new InputError(
      `--dropout ${dropout} contradicts the run in ${path}, which was started with ${run.adapter.dropout}`,
    );
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

function validationRowsOf({ validation }: Dataset): TokenRow[] {
  return validation?.rows ?? [];
}

async function trainOn(
  gpu: Gpu,
  model: FrozenModel,
  run: Run,
  metrics: MetricsFile | undefined,
  longestSubmitMs: number | undefined,
): Promise<number> {
  const { saved, layout, start, dataset, stateFolder } = run;
  const { training } = saved;
  const rows = dataset.train.rows;
  const validationRows = validationRowsOf(dataset);
  const planned = { gpu, model, layouts: [layout], settings: training, rows, validationRows, longestSubmitMs };
  const trainer = await Trainer.plan(planned);
  const { steps } = trainer;
  const count = trainableParameters(layout);
  const percent = ((100 * count) / parameterCount(model)).toPrecision(2);
  const megabytes = (trainer.memory.total / 1e6).toFixed(1);
  process.stderr.write(
    `Training ${count} parameters (${percent} % of the model) on ${rows.length} rows, ${megabytes} MB\n`,
  );

  const checkpoints = await openState(run);
  await trainer.open(start.state);
  const stopping = listenForSignals();
  const bar = progressBar('Training');
  const startedAt = performance.now();
  const elapsed = () => start.elapsedMs + performance.now() - startedAt;
  const save = async (step: number) => {
    const state = await trainer.readState(step);
    const { sizeBytes, pieces } = encodeState(state, elapsed());
    await checkpoints.save(step, sizeBytes, pieces);
    return state;
  };
  let done = start.state.step;
  let lastLoss: number | undefined;
  let diverged: number | undefined;
  while (done < steps && stopping.signal === undefined && diverged === undefined) {
    const { adapters, ...report } = await trainer.step(done + 1);
    const [result] = adapters;
    if (!result?.isFinite) {
      diverged = done + 1;
      break;
    }
    done++;
    lastLoss = result.loss;
    const { step, tokens, targetTokens } = report;
    const { loss, gradientNorm, learningRate } = result;
    metrics?.append({ step, loss, learningRate, gradientNorm, tokens, targetTokens, elapsedMs: elapsed() });
    bar.show(done, steps, `step ${done} of ${steps}, loss ${loss.toFixed(4)}`);
    if (training.saveEvery > 0 && done % training.saveEvery === 0 && done < steps) await save(done);
  }
  bar.end();
  stopping.end();
  const trainingMs = elapsed();
  const { parameters } = await save(done);
  const isWhole = done === steps;
  const evaluation = isWhole && validationRows.length > 0 ? await evaluate(trainer) : undefined;
  await trainer.close();
  const info = cardInfo({
    out: run.out,
    model: run.local.hubId ?? run.local.path,
    isOnHub: run.local.hubId !== undefined,
    data: saved.data,
    rows: rows.length,
    validationRows: validationRows.length,
    training,
    weights: saved.weights,
    step: done,
    steps,
    lastLoss,
    evaluation,
  });
  const block = parameters.subarray(layout.start, layout.start + layout.count);
  await writeFiles(run.out, await writeAdapter(model.architecture, layout, block, info));
  if (diverged !== undefined) throw new DivergedError(divergedMessage(diverged, run));
  if (!isWhole) {
    process.stderr.write(
      `Stopped after step ${done} of ${steps}; go on with --resume ${run.out} (state in ${stateFolder})\n`,
    );
    return stopping.signal === 'SIGTERM' ? 143 : 130;
  }
  const loss = lastLoss === undefined ? '' : `, last loss ${lastLoss.toFixed(4)}`;
  process.stdout.write(`Trained ${done} steps in ${duration(trainingMs)}${loss}; adapter in ${run.out}\n`);
  return 0;
}

/** The run's checkpoints. A new run, or one that goes on elsewhere, leaves its first one at once. */
async function openState({ saved, start, stateFolder, isResumed }: Run) {
  if (!isResumed) await rm(stateFolder, { recursive: true, force: true });
  await makeFolder(stateFolder);
  await writeSavedRun(stateFolder, saved);
  const checkpoints = openCheckpoints(nodeFolder(stateFolder));
  const { sizeBytes, pieces } = encodeState(start.state, start.elapsedMs);
  await checkpoints.save(start.state.step, sizeBytes, pieces);
  return checkpoints;
}

async function evaluate(trainer: Trainer): Promise<Evaluation> {
  const bar = progressBar('Evaluating');
  const evaluation = await trainer.evaluate({ onProgress: (done, total) => bar.show(done, total) });
  bar.end();
  for (const { loss, perplexity, tokenAccuracy } of evaluation.adapters) {
    const accuracy = (tokenAccuracy * 100).toFixed(2);
    process.stdout.write(
      `Validation on ${evaluation.rows} rows: loss ${loss.toFixed(6)}, perplexity ${perplexity.toFixed(4)}, token accuracy ${accuracy} %\n`,
    );
  }
  return evaluation;
}

function divergedMessage(step: number, { out, saved }: Run): string {
  const { learningRate, clip } = saved.training;
  const remedy =
    clip > 0
      ? `a lower --lr (now ${learningRate}) or a longer --warmup`
      : `--clip 1, or a lower --lr (now ${learningRate})`;
  return `Step ${step}: the loss or its gradient is not finite. The adapter as it was after step ${step - 1} is in ${out}. Try ${remedy}.`;
}

/**
 * The first SIGINT or SIGTERM lets the step finish; another one, later, ends the process. (npm, tsx and a terminal may
 * each pass on the same one.)
 */
function listenForSignals() {
  const stopping: { signal: NodeJS.Signals | undefined; end(): void } = {
    signal: undefined,
    end() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
  let firstAt = 0;
  const onSignal = (name: NodeJS.Signals) => {
    if (stopping.signal === undefined) firstAt = performance.now();
    else if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(130);
    stopping.signal ??= name;
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return stopping;
}

const SAME_SIGNAL_MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
