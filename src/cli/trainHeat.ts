// The adapters of one heat, trained together from where they are to the end, a signal, or the last one's divergence.
// Their state is kept every N steps and at the end; each adapter is written to its folder.
import { type AdapterLayout, layOutAdapters, trainableParameters } from '../adapters/adapterSet.ts';
import { writeAdapter } from '../adapters/peftFolder.ts';
import type { Gpu } from '../gpu/device.ts';
import { type FrozenModel, parameterCount } from '../model/frozenModel.ts';
import { openCheckpoints } from '../storage/checkpoints.ts';
import { StorageError } from '../storage/storageError.ts';
import type { Heat } from '../training/heats.ts';
import { encodeState } from '../training/runState.ts';
import type { AdapterReport } from '../training/stepReport.ts';
import { type Evaluation, Trainer } from '../training/trainer.ts';
import type { TrainerState } from '../training/trainerState.ts';
import type { MetricsFile } from './metricsFile.ts';
import { cardInfo } from './modelCard.ts';
import { nodeFolder } from './nodeFolder.ts';
import { makeFolder, writeFiles } from './outputFiles.ts';
import { progressBar } from './progress.ts';
import { type Entrant, heatFolder, type Run, type Start, startOf, validationRowsOf } from './trainingRun.ts';

export interface HeatOptions {
  readonly gpu: Gpu;
  readonly model: FrozenModel;
  readonly run: Run;
  readonly heat: Heat;
  readonly metrics: MetricsFile | undefined;
  readonly longestSubmitMs: number | undefined;
  readonly stopping: { readonly signal: NodeJS.Signals | undefined };
}

/** How an adapter ended. */
export interface Outcome {
  readonly entrant: Entrant;
  readonly trainableParameters: number;
  readonly fileBytes: number;
  /** The last step that it has seen. */
  readonly step: number;
  /** Its next step's loss or gradient was not finite. */
  readonly hasDiverged: boolean;
  readonly lastLoss: number | undefined;
  readonly evaluation: NonNullable<Evaluation['adapters'][number]> | undefined;
}

export interface HeatResult {
  readonly step: number;
  readonly steps: number;
  readonly trainingMs: number;
  readonly outcomes: readonly Outcome[];
}

/** Throws OutOfGpuMemoryError, with nothing written, where the heat finds no room. */
export async function trainHeat(options: HeatOptions): Promise<HeatResult> {
  const { gpu, model, run, heat, stopping } = options;
  const { training } = run.saved;
  const entrants = run.entrants.slice(...heat);
  const layouts = layOutAdapters(
    model.architecture,
    entrants.map(({ spec }) => spec),
  );
  const rows = run.dataset.train.rows;
  const validationRows = validationRowsOf(run.dataset);
  const learningRates = entrants.map(({ learningRate }) => learningRate);
  const { longestSubmitMs } = options;
  const trainer = await Trainer.plan({
    gpu,
    model,
    layouts,
    learningRates,
    settings: training,
    rows,
    validationRows,
    longestSubmitMs,
  });
  const start = startOf(run, heat);
  await trainer.open(start.state);
  tellSize(layouts, model, rows.length, trainer.memory.total);
  const checkpoints = await openState(run, heat, start);

  const startedAt = performance.now();
  const elapsed = () => start.elapsedMs + performance.now() - startedAt;
  /** What the disk refuses costs no training, and the checkpoints before stand. */
  const save = async (step: number) => {
    const state = await trainer.readState(step);
    const { sizeBytes, pieces } = encodeState(state, elapsed());
    await checkpoints.save(step, sizeBytes, pieces).catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
      process.stderr.write(`Not saved: ${error.message}\n`);
    });
    return state;
  };
  const bar = progressBar('Training');
  const { steps } = trainer;
  let done = start.state.step;
  const lastLoss = new Map<Entrant, number>();
  let running = entrants.length - start.state.stopped.length;
  while (done < steps && stopping.signal === undefined && running > 0) {
    const { adapters, ...report } = await trainer.step(done + 1);
    running = adapters.filter(({ isFinite: isGood, isStopped }) => isGood && !isStopped).length;
    if (running === 0) break;
    done++;
    takeIn(options, entrants, adapters, lastLoss, { ...report, elapsedMs: elapsed() });
    const losses = adapters.map(({ loss, isStopped }) => (isStopped ? '–' : loss.toFixed(4)));
    bar.show(done, steps, `step ${done} of ${steps}, loss ${losses.slice(0, 8).join(' ')}`);
    if (training.saveEvery > 0 && done % training.saveEvery === 0 && done < steps) await save(done);
  }
  bar.end();
  const trainingMs = elapsed();
  const state = done > start.state.step ? await save(done) : await trainer.readState(done);
  const isOver = done === steps || (running === 0 && entrants.length > 1);
  const evaluation = isOver && validationRows.length > 0 ? await evaluate(trainer) : undefined;
  await trainer.close();
  const outcomes = await writeAdapters(options, { entrants, layouts, state, steps, lastLoss, evaluation });
  return { step: done, steps, trainingMs, outcomes };
}

function tellSize(layouts: readonly AdapterLayout[], model: FrozenModel, rows: number, sizeBytes: number): void {
  const count = layouts.reduce((sum, layout) => sum + trainableParameters(layout), 0);
  const percent = Number(((100 * count) / parameterCount(model)).toPrecision(2));
  const who = layouts.length > 1 ? `${layouts.length} adapters together, ` : '';
  process.stderr.write(
    `Training ${who}${count} parameters (${percent} % of the model) on ${rows} rows, ${(sizeBytes / 1e6).toFixed(1)} MB\n`,
  );
}

/** The heat's checkpoints. A new run, or one that goes on elsewhere, leaves its first one at once. */
async function openState(run: Run, heat: Heat, { state, elapsedMs }: Start) {
  const folder = heatFolder(run, heat);
  await makeFolder(folder);
  const checkpoints = openCheckpoints(nodeFolder(folder));
  if (run.isInPlace && !(await checkpoints.isEmpty())) return checkpoints;
  const { sizeBytes, pieces } = encodeState(state, elapsedMs);
  await checkpoints.save(state.step, sizeBytes, pieces);
  return checkpoints;
}

interface StepFacts {
  readonly step: number;
  readonly tokens: number;
  readonly targetTokens: number;
  readonly elapsedMs: number;
}

/** A metrics line for each adapter that took the step; a word for each that could not. */
function takeIn(
  { metrics }: HeatOptions,
  entrants: readonly Entrant[],
  adapters: readonly AdapterReport[],
  lastLoss: Map<Entrant, number>,
  { step, tokens, targetTokens, elapsedMs }: StepFacts,
): void {
  adapters.forEach(({ loss, learningRate, gradientNorm, isStopped, ...report }, i) => {
    const entrant = entrants[i]!;
    const { name } = entrant;
    if (isStopped) return;
    if (!report.isFinite) {
      process.stderr.write(
        `${name}: the loss or gradient of step ${step} is not finite; it stays as it was after step ${step - 1}, the others go on\n`,
      );
      return;
    }
    lastLoss.set(entrant, loss);
    const who = name === undefined ? {} : { adapter: name };
    metrics?.append({ ...who, step, loss, learningRate, gradientNorm, tokens, targetTokens, elapsedMs });
  });
}

async function evaluate(trainer: Trainer): Promise<Evaluation> {
  const bar = progressBar('Evaluating');
  const evaluation = await trainer.evaluate({ onProgress: (done, total) => bar.show(done, total) });
  bar.end();
  return evaluation;
}

interface Trained {
  readonly entrants: readonly Entrant[];
  readonly layouts: readonly AdapterLayout[];
  readonly state: TrainerState;
  readonly steps: number;
  readonly lastLoss: ReadonlyMap<Entrant, number>;
  readonly evaluation: Evaluation | undefined;
}

async function writeAdapters({ model, run }: HeatOptions, trained: Trained): Promise<Outcome[]> {
  const { entrants, layouts, state, steps, evaluation } = trained;
  const outcomes: Outcome[] = [];
  for (const [i, entrant] of entrants.entries()) {
    const layout = layouts[i]!;
    const stopped = state.stopped.find(({ adapter }) => adapter === i);
    const own = evaluation?.adapters[i] ?? undefined;
    const step = stopped?.step ?? state.step;
    const lastLoss = trained.lastLoss.get(entrant);
    const info = cardInfo({
      out: entrant.out,
      model: run.local.hubId ?? run.local.path,
      isOnHub: run.local.hubId !== undefined,
      revision: run.local.revision,
      data: run.saved.data,
      rows: run.dataset.train.rows.length,
      validationRows: validationRowsOf(run.dataset).length,
      training: { ...run.saved.training, learningRate: entrant.learningRate },
      weights: run.saved.weights,
      step,
      steps,
      lastLoss,
      evaluation: own,
    });
    const block = state.parameters.subarray(layout.start, layout.start + layout.count);
    const files = await writeAdapter(model.architecture, layout, block, info);
    await makeFolder(entrant.out);
    await writeFiles(entrant.out, files);
    if (own && evaluation) tellEvaluation(entrant, own, evaluation.rows);
    outcomes.push({
      entrant,
      trainableParameters: trainableParameters(layout),
      fileBytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
      step,
      hasDiverged: stopped !== undefined,
      lastLoss,
      evaluation: own,
    });
  }
  return outcomes;
}

function tellEvaluation({ name }: Entrant, result: NonNullable<Outcome['evaluation']>, rows: number): void {
  const { loss, perplexity, tokenAccuracy } = result;
  const accuracy = (tokenAccuracy * 100).toFixed(2);
  const who = name === undefined ? '' : `${name}: `;
  process.stdout.write(
    `${who}Validation on ${rows} rows: loss ${loss.toFixed(6)}, perplexity ${perplexity.toFixed(4)}, token accuracy ${accuracy} %\n`,
  );
}
