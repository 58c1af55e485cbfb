// `train`: one adapter, or several that race, from a model folder and a data file. All input is checked before the GPU is
// opened. The run's state is kept under OUT/state every N steps and when it is stopped, so that it can be resumed to the
// same bits.
import { rm } from 'node:fs/promises';
import { type AdapterLayout, layOutAdapters, trainableParameters } from '../../adapters/adapterSet.ts';
import type { Gpu } from '../../gpu/device.ts';
import { OutOfGpuMemoryError } from '../../gpu/errors.ts';
import { NOT_FINITE } from '../../model/modelError.ts';
import { type Heat, halvesOf } from '../../training/heats.ts';
import { checkFitFlags, fitted } from '../fitFlag.ts';
import type { Flags } from '../flags.ts';
import { heatsWithin } from '../heats.ts';
import { type MetricsFile, openMetrics } from '../metricsFile.ts';
import { loadLocal, withGpu } from '../modelFolder.ts';
import { makeFolder } from '../outputFiles.ts';
import { duration } from '../progress.ts';
import { writeRaceTable } from '../raceTable.ts';
import { type SavedRun, writeSavedRun } from '../savedRun.ts';
import { listenForSignals } from '../signals.ts';
import { type HeatResult, type Outcome, trainHeat } from '../trainHeat.ts';
import { heatsOf, prepareRun, type Run, refuseUnfinished, startOf, stepsDone } from '../trainingRun.ts';

/** The run came to a step whose loss or gradient is not finite. */
class DivergedError extends Error {
  override name = 'DivergedError';
}

/** The process's exit code: 0, or that of the signal that stopped the run. */
export async function train(flags: Flags): Promise<number> {
  checkFitFlags(flags);
  longestSubmitMs(flags);
  const run = await prepareRun(flags);
  if (!run.isInPlace) await refuseUnfinished(run.out);
  const metricsPath = flags.text('metrics');
  const metrics = metricsPath === undefined ? undefined : openMetrics(metricsPath, stepsDone(run));
  try {
    return await withGpu(async (gpu) =>
      trainOn(gpu, await chosenFor(gpu, run, flags), metrics, longestSubmitMs(flags)),
    );
  } finally {
    metrics?.close();
  }
}

const longestSubmitMs = (flags: Flags) => flags.number('longest-submit', { above: 0 });

/** The run with what fits this GPU: settings where --fit is given, heats where it is a race. */
async function chosenFor(gpu: Gpu, run: Run, flags: Flags): Promise<Run> {
  const fitting = { ...run, training: run.saved.training, layout: largestOf(run) };
  const chosen = flags.has('fit') ? withSettings(run, await fitted(gpu, fitting, flags)) : run;
  const { race } = chosen.saved;
  if (!race || chosen.isResumed) return chosen;
  return withHeats(chosen, await heatsWithin(gpu, chosen, flags));
}

function largestOf({ entrants, local }: Run): AdapterLayout {
  const layouts = entrants.map(({ spec }) => layOutAdapters(local.architecture, [spec])[0]!);
  return layouts.reduce((a, b) => (trainableParameters(b) > trainableParameters(a) ? b : a));
}

function withSettings(run: Run, chosen: Pick<SavedRun, 'weights' | 'training'>): Run {
  return { ...run, saved: { ...run.saved, ...chosen } };
}

function withHeats(run: Run, heats: readonly Heat[]): Run {
  const { race } = run.saved;
  if (!race) return run;
  return { ...run, saved: { ...run.saved, race: { ...race, heats: heats.map(([from, to]) => [from, to]) } } };
}

async function trainOn(
  gpu: Gpu,
  prepared: Run,
  metrics: MetricsFile | undefined,
  submitMs: number | undefined,
): Promise<number> {
  let run = prepared;
  const model = await loadLocal(gpu, run.local, run.saved.weights);
  if (!run.isInPlace) await rm(run.stateFolder, { recursive: true, force: true });
  await makeFolder(run.stateFolder);
  await writeSavedRun(run.stateFolder, run.saved);
  const results: HeatResult[] = [];
  const stopping = listenForSignals();
  const waiting = [...heatsOf(run.saved)];
  while (waiting.length > 0 && stopping.signal === undefined) {
    const heat = waiting[0]!;
    try {
      results.push(await trainHeat({ gpu, model, run, heat, metrics, longestSubmitMs: submitMs, stopping }));
      waiting.shift();
    } catch (error) {
      const canHalve = error instanceof OutOfGpuMemoryError && heat[1] - heat[0] > 1;
      if (!canHalve || startOf(run, heat).state.step > 0) throw error;
      process.stderr.write(`${error.message} Its ${heat[1] - heat[0]} adapters run in two heats.\n`);
      waiting.splice(0, 1, ...halvesOf(heat));
      run = withHeats(run, [...heatsOf(run.saved).filter(([from]) => from < heat[0]), ...waiting]);
      await writeSavedRun(run.stateFolder, run.saved);
    }
  }
  stopping.end();
  return tell(run, results, stopping.signal);
}

/** Says how it ended. Throws DivergedError where no adapter reached the end. */
async function tell(run: Run, results: readonly HeatResult[], signal: NodeJS.Signals | undefined): Promise<number> {
  const outcomes = results.flatMap((result) => result.outcomes);
  const { step = 0, steps = 0 } = results.at(-1) ?? {};
  const isWhole = outcomes.length === run.entrants.length && results.every((heat) => isOver(heat));
  if (run.entrants.length > 1) await writeRaceTable(run.out, outcomes);
  if (isWhole && outcomes.every(({ hasDiverged }) => hasDiverged))
    throw new DivergedError(divergedMessage(outcomes, run));
  if (!isWhole) {
    process.stderr.write(
      `Stopped after step ${step} of ${steps}; go on with --resume ${run.out} (state in ${run.stateFolder})\n`,
    );
    return signal === 'SIGTERM' ? 143 : 130;
  }
  const trainingMs = results.reduce((sum, result) => sum + result.trainingMs, 0);
  const lastLoss = run.entrants.length > 1 ? undefined : outcomes[0]?.lastLoss;
  const loss = lastLoss === undefined ? '' : `, last loss ${lastLoss.toFixed(4)}`;
  const what = run.entrants.length > 1 ? `${run.entrants.length} adapters in the folders of` : 'adapter in';
  process.stdout.write(`Trained ${step} steps in ${duration(trainingMs)}${loss}; ${what} ${run.out}\n`);
  return 0;
}

function isOver({ step, steps, outcomes }: HeatResult): boolean {
  return step === steps || outcomes.every(({ hasDiverged }) => hasDiverged);
}

function divergedMessage(outcomes: readonly Outcome[], { out, saved }: Run): string {
  const { learningRate, clip } = saved.training;
  if (outcomes.every(({ step }) => step === 0)) {
    return `Step 1: the loss or its gradient is not finite, before anything was trained. ${NOT_FINITE}`;
  }
  const remedy =
    clip > 0
      ? `a lower --lr (now ${learningRate}) or a longer --warmup`
      : `--clip 1, or a lower --lr (now ${learningRate})`;
  const step = outcomes[0]?.step ?? 0;
  if (outcomes.length > 1)
    return `No adapter of the race stayed finite. Each is kept as it was in ${out}. Try ${remedy}.`;
  return `Step ${step + 1}: the loss or its gradient is not finite. The adapter as it was after step ${step} is in ${out}. Try ${remedy}.`;
}
