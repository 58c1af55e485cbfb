// A run taken up again, after its page was closed or to train it further than it was planned: its model and data loaded once
// more, its state from the checkpoint.
import { decodeState } from '../training/runState.ts';
import type { RunSettings } from '../training/settings.ts';
import { readData, requireData } from './dataSession.ts';
import { WorkerError } from './failure.ts';
import { folderIdOf, isFrom, type KeptRun, type RunOrigin } from './keptRun.ts';
import { lockedRuns, runsOfRace, updateRun } from './library.ts';
import { currentModel, type LoadedModel, loadModel, requireModel } from './modelSession.ts';
import type { DataSource } from './protocol/data.ts';
import type { ModelSource } from './protocol/model.ts';
import { checkpointsOf, keptDataFiles } from './runFolder.ts';
import { makePlan } from './runPlanning.ts';
import { RunSession } from './runSession.ts';

/**
 * A run, or with any run of a race all those of its heat that may go on; to `steps` where it has finished. Throws
 * WorkerError saying what is needed where the worker cannot find model or data itself.
 */
export async function reopenRun(asked: KeptRun, onWhole: () => void, steps: number): Promise<RunSession> {
  const { origin } = asked;
  if (!origin || !asked.isResumable) throw new WorkerError(`“${asked.name}” has no saved state to go on from.`);
  if (asked.status === 'finished' && !(Number.isInteger(steps) && steps > asked.steps)) {
    throw new WorkerError(`“${asked.name}” has finished its ${asked.steps} steps; choose a last step beyond that.`);
  }
  const runs = asked.race ? (await runsOfRace(asked.race.id)).filter((run) => isOfSameHeat(run, asked)) : [asked];
  const locked = await lockedRuns();
  if (runs.some(({ id }) => locked.has(id)))
    throw new WorkerError(`“${asked.name}” is open in another tab: go on there, or close it.`);
  const checkpoint = await (await checkpointsOf(asked))?.latest();
  if (!checkpoint) throw new WorkerError(`The saved state of “${asked.name}” is gone or damaged; start it again.`);
  const { state, elapsedMs } = await decodeState(checkpoint.step, checkpoint.state);
  await bringModel(asked, origin);
  const { trainRows } = await readData(await dataSource(asked, origin), origin.options);
  const { adapters, from } = heatOf(lengthened(asked, steps));
  const planned = await makePlan(adapters, requireModel(), requireData(), origin);
  const isSame = state.parameters.length === planned.trainer.parameters.shape[0] && trainRows === asked.data.trainRows;
  if (!isSame || planned.trainer.steps !== steps) {
    throw new WorkerError(`The model or data of “${asked.name}” is not what it was when it was saved; start it again.`);
  }
  const { step } = checkpoint;
  const placed = runs.map((run) => ({ run, place: (run.race?.place ?? 0) - from }));
  const isThere = (place: number) => placed.some((one) => one.place === place);
  const gone = adapters.flatMap((_, adapter) => (isThere(adapter) ? [] : [{ adapter, step }]));
  const known = state.stopped.filter(({ adapter }) => isThere(adapter));
  await planned.trainer.open({ ...state, stopped: [...known, ...gone] });
  const reopened = placed.map(({ run, place }) => ({ run: takenUp(lengthened(run, steps), step, elapsedMs), place }));
  for (const { run } of reopened) await updateRun(run);
  return new RunSession(planned, reopened, onWhole);
}

/** The same run with a later last step; its schedule follows. */
function lengthened(run: KeptRun, steps: number): KeptRun {
  if (steps === run.steps) return run;
  const longer = (settings: RunSettings): RunSettings => ({
    ...settings,
    training: { ...settings.training, length: { kind: 'steps', steps } },
  });
  const { origin } = run;
  const race = origin?.race && {
    ...origin.race,
    adapters: origin.race.adapters.map((one) => ({ ...one, settings: longer(one.settings) })),
  };
  return {
    ...run,
    settings: longer(run.settings),
    plan: { ...run.plan, steps },
    steps,
    earlierSteps: [...(run.earlierSteps ?? []), run.steps],
    ...(origin && race ? { origin: { ...origin, race } } : {}),
  };
}

function isOfSameHeat(run: KeptRun, asked: KeptRun): boolean {
  return run.isResumable && run.origin?.race?.heat === asked.origin?.race?.heat;
}

/** The adapters that the checkpoint holds, and the place of the first in the race. */
export function heatOf({ settings, origin }: KeptRun): {
  adapters: readonly { settings: RunSettings }[];
  from: number;
} {
  if (!origin?.race) return { adapters: [{ settings }], from: 0 };
  const { adapters, heats, heat } = origin.race;
  const from = heats.slice(0, heat).reduce((sum, size) => sum + size, 0);
  return { adapters: adapters.slice(from, from + (heats[heat] ?? 0)), from };
}

function takenUp(run: KeptRun, step: number, elapsedMs: number): KeptRun {
  return {
    ...run,
    status: 'preparing',
    message: null,
    step,
    elapsedMs,
    evaluations: run.evaluations.filter((evaluation) => evaluation.step <= step),
    samples: run.samples.filter((sample) => sample.step <= step),
  };
}

async function bringModel(run: KeptRun, { model }: RunOrigin): Promise<void> {
  const loaded = currentModel();
  if (loaded && isSameModel(loaded, run, model)) return;
  if (model.kind === 'files') {
    throw new WorkerError(
      `“${run.name}” needs the model “${run.model.name}” with ${run.model.weights} weights, which came from files. Choose its folder under Model, then resume.`,
    );
  }
  const source: ModelSource = model.kind === 'hub' ? { ...model, ...tokenOf(loaded, model.repo) } : model;
  await loadModel(source, run.model.weights);
}

function isSameModel(loaded: LoadedModel, run: KeptRun, origin: RunOrigin['model']): boolean {
  const { description, storage } = loaded;
  return (
    isFrom(origin, loaded) &&
    storage === run.model.weights &&
    description.baseModelId === run.model.baseModelId &&
    description.parameters === run.plan.modelParameters
  );
}

/** A token typed for this repository in this visit serves again. */
function tokenOf(loaded: LoadedModel | undefined, repo: string): { token?: string } {
  const source = loaded?.source;
  return source?.kind === 'hub' && source.repo === repo && source.token ? { token: source.token } : {};
}

/** Throws WorkerError where the copy of its files is gone. */
export async function dataSource(run: KeptRun, { data }: RunOrigin): Promise<DataSource> {
  if (data.kind === 'builtin') return data;
  const files = await keptDataFiles(folderIdOf(run), data);
  if (files) return { kind: 'files', ...files };
  throw new WorkerError(`The copy of ${data.train} that “${run.name}” trained on is gone; start it again.`);
}
