// Commands about runs. One run, or one race, is under way at a time; it stands on the one model and the one data set.
import { initialParameters } from '../adapters/initial.ts';
import type { RaceChoices } from '../training/race.ts';
import { freshState } from '../training/trainerState.ts';
import { openAdapter, type StoredAdapter } from './adapterStore.ts';
import { requireData } from './dataSession.ts';
import { onDeviceLost } from './device.ts';
import { failureOf, WorkerError } from './failure.ts';
import { folderIdOf, type KeptRun, type RaceOrigin } from './keptRun.ts';
import { keptRun, library, runsOfRace, tellRun, updateRun } from './library.ts';
import { requireFrozen } from './mergedState.ts';
import { onModelLeaving, requireModel } from './modelSession.ts';
import { newRun, settingsFor } from './newRun.ts';
import type { RunRecord, StepMetrics } from './protocol/runs.ts';
import type { Calls } from './protocol.ts';
import { type RaceAdapter, raceAdapters } from './raceAdapters.ts';
import { planHeats } from './racePlanning.ts';
import { reopenRun } from './resuming.ts';
import { keepDataFiles, removeRunFolder } from './runFolder.ts';
import { checkSettings, makePlan, type PlannedRun } from './runPlanning.ts';
import { RunSession } from './runSession.ts';

let session: RunSession | undefined;
let isStarting = false;

onDeviceLost((reason) => {
  void session?.abandon(reason);
});

onModelLeaving(leaveSession);

/** The run that is open on the GPU, training or paused. */
function openSession(): RunSession | undefined {
  return session?.isOpen ? session : undefined;
}

/** Whether a run trains, or is about to. */
export function isTraining(): boolean {
  return isStarting || openSession()?.isTraining === true;
}

export function startRun(request: Calls['startRun']['request']): Promise<RunRecord[]> {
  requireFrozen();
  return starting(async () => {
    const { name, samplePrompts, initAdapterRunId } = request;
    const init = initAdapterRunId ? await startOf(initAdapterRunId, request) : undefined;
    const adapters = raceAdapters(init ? { settings: init.settings } : request);
    if (init) {
      const planned = await makePlan([init], requireModel(), requireData(), { samplePrompts });
      return start(planned, [newRun(name, planned, 0, samplePrompts)], init.stored);
    }
    const { heats, plans } = await planHeats(adapters, request);
    const [first] = plans;
    if (!first) throw new WorkerError('A run needs at least one adapter.');
    if (adapters.length === 1) return start(first, [newRun(name, first, 0, samplePrompts)]);
    const race: Race = {
      id: crypto.randomUUID(),
      name,
      samplePrompts,
      choices: request.choices,
      origin: { adapters, heats: heats.map(([from, to]) => to - from), heat: 0 },
    };
    return start(first, runsOfHeat(first, race));
  });
}

async function startOf(runId: string, { settings }: Calls['startRun']['request']) {
  const stored = await openAdapter(runId, requireModel().frozen.architecture);
  const { spec } = stored.adapter;
  const asked = checkSettings(settingsFor(settings, spec));
  return { stored, settings: asked, spec: { ...spec, dropout: settings.adapter.dropout } };
}

interface Race {
  readonly id: string;
  readonly name: string;
  readonly samplePrompts: readonly string[];
  readonly choices: RaceChoices | undefined;
  readonly origin: RaceOrigin;
}

const placeOfHeat = ({ heats, heat }: RaceOrigin) => heats.slice(0, heat).reduce((sum, size) => sum + size, 0);

function runsOfHeat(planned: PlannedRun, { id, name, samplePrompts, choices, origin }: Race): KeptRun[] {
  const from = placeOfHeat(origin);
  return planned.members.map((_, i) => {
    const { name: adapter } = origin.adapters[from + i]!;
    const heatsAfter = origin.heats.length - 1 - origin.heat;
    const lists = choices ? { choices } : {};
    const record = { id, name, adapter, place: from + i, size: origin.adapters.length, heatsAfter, ...lists };
    return newRun(`${name}: ${adapter}`, planned, i, samplePrompts, { record, origin });
  });
}

/** Allocates, tells of the runs and goes. */
async function start(planned: PlannedRun, runs: KeptRun[], init?: StoredAdapter): Promise<RunRecord[]> {
  const { layouts, training, trainer, data } = planned;
  const parameters = initialParameters(
    layouts,
    layouts.map(() => training.seed),
  );
  if (init) parameters.set(init.block, layouts[0]!.start);
  await trainer.open(freshState(parameters, training));
  for (const run of runs) tellRun(run);
  const { source } = data;
  if (source.kind === 'files') {
    await keepDataFiles(folderIdOf(runs[0]!), source).catch((error: unknown) => {
      const message = `The data was not kept, so this run cannot go on after a reload: ${failureOf(error).message}`;
      for (const run of runs) run.message = message;
    });
  }
  for (const run of runs) await updateRun(run).catch(() => undefined);
  const placed = runs.map((run, place) => ({ run, place }));
  const opened = new RunSession(planned, placed, () => void nextHeat(runs[0]!, planned.trainer.steps));
  session = opened;
  opened.go();
  return opened.records;
}

/** A race that was cut goes on to `steps` with its next adapters when those before are through. */
async function nextHeat({ race, origin }: KeptRun, steps: number): Promise<void> {
  if (!race || !origin?.race || origin.race.heat + 1 >= origin.race.heats.length) return;
  const next = { ...origin.race, heat: origin.race.heat + 1 };
  const kept = await runsOfRace(race.id);
  const known = kept.filter((run) => run.origin?.race?.heat === next.heat);
  const [first] = known;
  if (first) {
    const behind = known.find((run) => isBehind(run, steps));
    if (!behind) return nextHeat(first, steps);
    await further(behind, steps).catch(async (error: unknown) => {
      await updateRun({ ...behind, message: `It was not trained further: ${failureOf(error).message}` });
    });
    return;
  }
  const from = placeOfHeat(next);
  const adapters: readonly RaceAdapter[] = next.adapters.slice(from, from + next.heats[next.heat]!);
  const { samplePrompts } = origin;
  await starting(async () => {
    const planned = await makePlan(adapters, requireModel(), requireData(), { samplePrompts });
    const { id, name, choices } = race;
    await start(planned, runsOfHeat(planned, { id, name, samplePrompts, choices, origin: next }));
  }).catch(async (error: unknown) => {
    const message = `The next heat did not start: ${failureOf(error).message}`;
    const ended = (await runsOfRace(race.id)).filter(({ origin: own }) => own?.race?.heat === origin.race?.heat);
    for (const run of ended) await updateRun({ ...run, message, race: { ...race, ...run.race, heatsAfter: 0 } });
  });
}

export async function pauseRun(runId: string): Promise<RunRecord> {
  const open = requireSession(runId);
  await open.halt('pause');
  return open.record(runId);
}

/** Runs that are only kept are marked; those that are open are ended. */
export async function stopRun(runId: string): Promise<RunRecord> {
  const open = openSession();
  if (open?.has(runId)) {
    await open.halt('stop');
    return open.record(runId);
  }
  const run = await keptRun(runId);
  const paused = (run.race ? await runsOfRace(run.race.id) : [run]).filter(({ status }) => status === 'paused');
  for (const one of paused) await updateRun({ ...one, status: 'stopped' });
  return keptRun(runId);
}

export async function dropRun(runId: string): Promise<RunRecord> {
  return requireSession(runId).drop(runId);
}

/** `steps`: how far a run that has finished goes on. */
export async function resumeRun(runId: string, steps?: number): Promise<RunRecord> {
  requireFrozen();
  const open = openSession();
  if (open?.has(runId)) {
    open.go();
    return open.record(runId);
  }
  const asked = await keptRun(runId);
  if (steps === undefined || !asked.race) return further(asked, steps ?? asked.steps);
  const first = (await runsOfRace(asked.race.id)).find((run) => isBehind(run, steps));
  return further(first ?? asked, steps);
}

function further(run: KeptRun, steps: number): Promise<RunRecord> {
  return starting(async () => {
    const reopened = await reopenRun(run, () => void nextHeat(run, steps), steps);
    session = reopened;
    reopened.go();
    return reopened.record(run.id);
  });
}

/** It has finished, and can go on to `steps`. */
function isBehind(run: KeptRun, steps: number): boolean {
  return run.status === 'finished' && run.isResumable && run.steps < steps;
}

export async function readMetrics(runId: string): Promise<StepMetrics[]> {
  const stored = await (await library()).metrics(runId);
  const open = openSession();
  return open?.has(runId) ? open.withUnstored(runId, stored) : stored;
}

export async function deleteRun(runId: string): Promise<null> {
  const open = openSession();
  if (open?.has(runId)) {
    await open.halt('pause');
    await leaveSession();
  }
  const run = await (await library()).get(runId);
  await (await library()).remove(runId);
  // What a race keeps goes with the last of its runs.
  const isShared = run?.race && (await runsOfRace(run.race.id)).length > 0;
  if (!isShared) await removeRunFolder(run ? folderIdOf(run) : runId);
  return null;
}

function requireSession(runId: string): RunSession {
  const open = openSession();
  if (open?.has(runId)) return open;
  throw new WorkerError('This run is not under way in this tab.');
}

/** One start at a time; a paused run makes room and keeps its checkpoint. */
async function starting<T>(start: () => Promise<T>): Promise<T> {
  if (isStarting) throw new WorkerError('Another run is just starting.');
  isStarting = true;
  try {
    await leaveSession();
    return await start();
  } finally {
    isStarting = false;
  }
}

/** Throws WorkerError while the run trains. */
async function leaveSession(): Promise<void> {
  const open = openSession();
  if (open?.isTraining) throw new WorkerError(`“${open.name}” is training; pause or stop it first.`);
  await open?.close();
  session = undefined;
}
