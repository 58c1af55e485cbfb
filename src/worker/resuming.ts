// A run taken up again after its page was closed: its model and data loaded once more, its state from the checkpoint.

import { decodeState } from '../training/runState.ts';
import { readData, requireData } from './dataSession.ts';
import { WorkerError } from './failure.ts';
import type { KeptRun, RunOrigin } from './keptRun.ts';
import { lockedRuns, updateRun } from './library.ts';
import { currentModel, type LoadedModel, loadModel, requireModel } from './modelSession.ts';
import type { DataSource, ModelSource } from './protocol.ts';
import { checkpointsOf, keptDataFiles } from './runFolder.ts';
import { makePlan } from './runPlanning.ts';
import { RunSession } from './runSession.ts';

/** Throws WorkerError saying what is needed where the worker cannot find model or data itself. */
export async function reopenRun(run: KeptRun): Promise<RunSession> {
  const { origin } = run;
  if (!origin || !run.isResumable) throw new WorkerError(`“${run.name}” has no saved state to go on from.`);
  if ((await lockedRuns()).has(run.id)) throw new WorkerError(`“${run.name}” is training in another tab.`);
  const checkpoint = await (await checkpointsOf(run.id))?.latest();
  if (!checkpoint) throw new WorkerError(`The saved state of “${run.name}” is gone or damaged; start it again.`);
  const { state, elapsedMs } = await decodeState(checkpoint.step, checkpoint.state);
  await bringModel(run, origin);
  await readData(await dataSource(run, origin), origin.options);
  const planned = await makePlan(run.settings, requireModel(), requireData(), origin);
  if (state.parameters.length !== planned.trainer.parameters.shape[0] || planned.trainer.steps !== run.steps) {
    throw new WorkerError(`The model or data of “${run.name}” is not what it was when it was saved; start it again.`);
  }
  await planned.trainer.open(state);
  const { step } = checkpoint;
  const reopened: KeptRun = {
    ...run,
    status: 'preparing',
    message: null,
    step,
    elapsedMs,
    evaluations: run.evaluations.filter((evaluation) => evaluation.step <= step),
    samples: run.samples.filter((sample) => sample.step <= step),
  };
  await updateRun(reopened);
  return new RunSession(planned, reopened);
}

async function bringModel(run: KeptRun, { model }: RunOrigin): Promise<void> {
  const loaded = currentModel();
  if (loaded && isSameModel(loaded, run, model)) return;
  if (model.kind === 'files') {
    throw new WorkerError(
      `“${run.name}” needs the model ${run.model.name} with ${run.model.weights} weights, which came from files. Choose its folder under Model, then resume.`,
    );
  }
  const source: ModelSource = model.kind === 'hub' ? { ...model, ...tokenOf(loaded, model.repo) } : model;
  await loadModel(source, run.model.weights);
}

function isSameModel({ description, storage, source }: LoadedModel, run: KeptRun, origin: RunOrigin['model']): boolean {
  const isSameSource =
    origin.kind === 'hub'
      ? source.kind === 'hub' && source.repo === origin.repo && source.revision === origin.revision
      : source.kind === origin.kind;
  return (
    isSameSource &&
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

async function dataSource(run: KeptRun, { data }: RunOrigin): Promise<DataSource> {
  if (data.kind === 'builtin') return data;
  const files = await keptDataFiles(run.id, data);
  if (files) return { kind: 'files', ...files };
  throw new WorkerError(`The copy of ${data.train} that “${run.name}” trained on is gone; start it again.`);
}
