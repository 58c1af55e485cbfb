// Commands about runs. One is under way at a time; it stands on the one model and the one data set.
import { initialParameters } from '../adapters/initial.ts';
import { freshState } from '../training/trainer.ts';
import { openAdapter, type StoredAdapter } from './adapterStore.ts';
import { requireData } from './dataSession.ts';
import { onDeviceLost } from './device.ts';
import { failureOf, WorkerError } from './failure.ts';
import { keptRun, library, tellRun, updateRun } from './library.ts';
import { requireFrozen } from './mergedState.ts';
import { onModelLeaving, requireModel } from './modelSession.ts';
import { newRun, settingsFor } from './newRun.ts';
import type { Calls, RunRecord, StepMetrics } from './protocol.ts';
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

export function startRun(request: Calls['startRun']['request']): Promise<RunRecord> {
  requireFrozen();
  return starting(async () => {
    const { name, settings, samplePrompts, initAdapterRunId } = request;
    const model = requireModel();
    const init = initAdapterRunId ? await openAdapter(initAdapterRunId, model.frozen.architecture) : undefined;
    const asked = init ? settingsFor(settings, init.adapter.spec) : settings;
    const spec = init && { ...init.adapter.spec, dropout: settings.adapter.dropout };
    const planned = await makePlan(checkSettings(asked), model, requireData(), { samplePrompts, spec });
    const run = newRun(name, planned, samplePrompts);
    const { source } = planned.data;
    const { training } = planned.settings;
    await planned.trainer.open(freshState(startingParameters(planned, init), training));
    tellRun(run);
    if (source.kind === 'files') {
      await keepDataFiles(run.id, source).catch((error: unknown) => {
        run.message = `The data was not kept, so this run cannot go on after a reload: ${failureOf(error).message}`;
      });
    }
    await updateRun(run).catch(() => undefined);
    session = new RunSession(planned, run);
    session.go();
    return session.record;
  });
}

function startingParameters({ layout, settings }: PlannedRun, init: StoredAdapter | undefined) {
  const parameters = initialParameters([layout], [settings.training.seed]);
  if (init) parameters.set(init.block, layout.start);
  return parameters;
}

export async function pauseRun(runId: string): Promise<RunRecord> {
  return requireSession(runId).halt('pause');
}

/** A run that is only kept is marked; one that is open is ended. */
export async function stopRun(runId: string): Promise<RunRecord> {
  if (openSession()?.run.id === runId) return requireSession(runId).halt('stop');
  const run = await keptRun(runId);
  if (run.status !== 'paused') return requireSession(runId).record;
  await updateRun({ ...run, status: 'stopped' });
  return { ...run, status: 'stopped' };
}

export async function resumeRun(runId: string): Promise<RunRecord> {
  requireFrozen();
  const open = openSession();
  if (open?.run.id === runId) {
    open.go();
    return open.record;
  }
  return starting(async () => {
    session = await reopenRun(await keptRun(runId));
    session.go();
    return session.record;
  });
}

export async function readMetrics(runId: string): Promise<StepMetrics[]> {
  const stored = await (await library()).metrics(runId);
  return openSession()?.run.id === runId ? (session?.withUnstored(stored) ?? stored) : stored;
}

export async function deleteRun(runId: string): Promise<null> {
  const open = openSession();
  if (open?.run.id === runId) {
    await open.halt('pause');
    await leaveSession();
  }
  await (await library()).remove(runId);
  await removeRunFolder(runId);
  return null;
}

function requireSession(runId: string): RunSession {
  const open = openSession();
  if (open?.run.id === runId) return open;
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
  if (open?.isTraining) throw new WorkerError(`“${open.run.name}” is training; pause or stop it first.`);
  await open?.close();
  session = undefined;
}
