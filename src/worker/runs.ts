// Commands about runs. One is under way at a time; it stands on the one model and the one data set.
import { initialParameters } from '../adapters/initial.ts';
import { freshState } from '../training/trainer.ts';
import { currentData, requireData } from './dataSession.ts';
import { onDeviceLost } from './device.ts';
import { WorkerError } from './failure.ts';
import type { DataOrigin, KeptRun, ModelOrigin } from './keptRun.ts';
import { keptRun, library, updateRun } from './library.ts';
import { currentModel, onModelLeaving, requireModel } from './modelSession.ts';
import type { Calls, DataSource, ModelSource, RunRecord, StepMetrics } from './protocol.ts';
import { keepDataFiles, removeRunFolder } from './runFolder.ts';
import { checkSettings, makePlan, type PlannedRun } from './runPlanning.ts';
import { RunSession } from './runSession.ts';

let session: RunSession | undefined;

onDeviceLost((reason) => {
  void session?.abandon(reason);
});

onModelLeaving(async () => {
  if (session?.record.status === 'running') {
    throw new WorkerError(`“${session.record.name}” is training with this model; pause or stop it first.`);
  }
  await leaveSession();
});

/** The run that is open on the GPU, training or paused. */
export function openSession(): RunSession | undefined {
  return session?.isOpen ? session : undefined;
}

export async function startRun({ name, settings, samplePrompts }: Calls['startRun']['request']): Promise<RunRecord> {
  await makeRoom();
  const planned = await makePlan(checkSettings(settings), requireModel(), requireData());
  const run = newRun(name, planned, samplePrompts);
  await updateRun(run, { persist: true });
  const source = planned.data.source;
  if (source.kind === 'files') await keepDataFiles(run.id, source);
  const { training } = planned.settings;
  const parameters = initialParameters([planned.layout], [training.seed]);
  await planned.trainer.open(freshState(parameters, training));
  session = new RunSession(planned, run, async () => []);
  session.go();
  return session.record;
}

export async function pauseRun(runId: string): Promise<RunRecord> {
  return requireSession(runId).halt('pause');
}

export async function stopRun(runId: string): Promise<RunRecord> {
  return requireSession(runId).halt('stop');
}

export async function resumeRun(runId: string): Promise<RunRecord> {
  const open = openSession();
  if (open?.record.id !== runId) throw new WorkerError('not yet');
  open.go();
  return open.record;
}

export async function readMetrics(runId: string): Promise<StepMetrics[]> {
  return (await library()).metrics(runId);
}

export async function deleteRun(runId: string): Promise<null> {
  const open = openSession();
  if (open?.record.id === runId) {
    await open.halt('pause');
    await open.close();
  }
  await (await library()).remove(runId);
  await removeRunFolder(runId);
  return null;
}

function requireSession(runId: string): RunSession {
  const open = openSession();
  if (open?.record.id === runId) return open;
  throw new WorkerError('This run is not under way here.');
}

/** Closes a paused run, which keeps its checkpoint. Throws WorkerError while one trains. */
async function makeRoom(): Promise<void> {
  const open = openSession();
  if (open?.record.status === 'running') {
    throw new WorkerError(`“${open.record.name}” is still training; pause or stop it first.`);
  }
  await leaveSession();
}

async function leaveSession(): Promise<void> {
  await session?.close();
  session = undefined;
}

function newRun(name: string, planned: PlannedRun, samplePrompts: readonly string[]): KeptRun {
  const { model, data, settings, plan } = planned;
  const { description } = data;
  const { prompt } = description;
  return {
    id: crypto.randomUUID(),
    name,
    createdAt: Date.now(),
    status: 'preparing',
    message: null,
    model: {
      name: model.description.name,
      baseModelId: model.description.baseModelId,
      modelType: model.description.modelType,
      weights: model.storage,
      source: model.source.kind,
    },
    data: {
      name: description.name,
      trainRows: description.trainRows,
      validationRows: description.validationRows,
      template: prompt.kind === 'template' ? prompt.template : 'chat template',
      taskId: data.source.kind === 'builtin' ? data.source.taskId : null,
    },
    settings,
    plan,
    step: 0,
    steps: plan.steps,
    elapsedMs: 0,
    lastLoss: null,
    evaluations: [],
    samples: [],
    accuracy: null,
    isResumable: false,
    hasAdapter: false,
    isImported: false,
    origin: {
      model: modelOrigin(model.source),
      data: dataOrigin(data.source),
      options: data.options,
      samplePrompts: [...samplePrompts],
    },
  };
}

/** Without the token, which is kept nowhere. */
function modelOrigin(source: ModelSource): ModelOrigin {
  if (source.kind !== 'hub') return { kind: source.kind };
  const { repo, revision, endpoint } = source;
  return { kind: 'hub', repo, revision, ...(endpoint ? { endpoint } : {}) };
}

function dataOrigin(source: DataSource): DataOrigin {
  if (source.kind === 'builtin') return source;
  return { kind: 'files', train: source.train.name, validation: source.validation?.name ?? null };
}
void currentData;
void currentModel;
void keptRun;
