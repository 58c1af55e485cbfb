// A run as the folder that goes on with it on bigger machines: its last saved state, its rows, its curve so far.
import { type AdapterLayout, flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
import { baseOf } from '../continue/baseFiles.ts';
import { continueFolder } from '../continue/continueFolder.ts';
import { type AdapterState, partingNotes } from '../continue/continueRun.ts';
import { openTokenizer } from '../data/openTokenizer.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { decodeState } from '../training/runState.ts';
import { cardInfo } from './adapterCardInfo.ts';
import { openAdapter } from './adapterStore.ts';
import { encodeData } from './dataSession.ts';
import { WorkerError } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { library } from './library.ts';
import type { OpenedModel } from './modelSource.ts';
import { pythonFiles } from './pythonFiles.ts';
import { dataSource, heatOf } from './resuming.ts';
import { checkpointsOf } from './runFolder.ts';
import { evaluatedRows, evenly } from './runPlanning.ts';

/** `base`: the run's, its weights not read unless they travel along. Throws WorkerError saying what is gone. */
export async function continueEntries(
  run: KeptRun,
  { folder, architecture, weights }: Pick<OpenedModel, 'folder' | 'architecture' | 'weights'>,
): Promise<ZipEntry[]> {
  const { origin, model, settings } = run;
  if (!origin) throw new WorkerError(`“${run.name}” was trained elsewhere: its data and state are not here.`);
  const { layout, state } = await stateOf(run, architecture);
  const dataset = await encodeData(await dataSource(run, origin), origin.options, await openTokenizer(folder));
  if (dataset.train.rows.length !== run.data.trainRows) {
    throw new WorkerError(`The data of “${run.name}” no longer has the ${run.data.trainRows} rows that it trained on.`);
  }
  const metrics = await (await library()).metrics(run.id);
  const isOnHub = origin.model.kind === 'hub' && !weights.isGguf;
  return continueFolder(
    {
      name: run.name,
      architecture,
      layout,
      ...baseOf({
        folder,
        architecture,
        files: weights,
        weights: model.weights,
        name: model.name,
        hub: isOnHub ? { id: model.baseModelId, revision: hubRevision(run) } : undefined,
      }),
      training: settings.training,
      state,
      data: {
        name: run.data.name,
        template: run.data.template,
        isEncoded: true,
        train: dataset.train,
        validation: evenly(dataset.validation?.rows ?? [], evaluatedRows(settings.training)),
      },
      card: cardInfo(run),
      metrics: metrics.filter(({ step }) => step <= state.step),
      evaluations: run.evaluations.filter(({ step }) => step <= state.step),
      dtype: 'float32',
    },
    await pythonFiles(),
  );
}

/** What is worth knowing before it leaves. */
export async function continueNotes(run: KeptRun): Promise<string[]> {
  const isStateGone = (await (await checkpointsOf(run))?.isEmpty()) ?? true;
  const gone = 'The optimizer’s state of this run is not kept: its moments start anew.';
  const { step, steps, settings } = run;
  return [...(isStateGone ? [gone] : []), ...partingNotes({ dropout: settings.adapter.dropout, step, steps })];
}

function hubRevision({ origin }: KeptRun): string | null {
  return origin?.model.kind === 'hub' ? origin.model.revision : null;
}

/** From the last checkpoint, moments and all; from the kept adapter where the run is over and has none. */
async function stateOf(run: KeptRun, a: Architecture): Promise<{ layout: AdapterLayout; state: AdapterState }> {
  const checkpoint = await (await checkpointsOf(run))?.latest();
  if (!checkpoint) {
    const { layout, block } = await openAdapter(run.id, a);
    return { layout, state: { step: run.step, elapsedMs: run.elapsedMs, parameters: block, moments: undefined } };
  }
  const { state, elapsedMs } = await decodeState(checkpoint.step, checkpoint.state);
  const { adapters, from } = heatOf(run);
  const layouts = layOutAdapters(
    a,
    adapters.map(({ settings }) => settings.adapter),
  );
  const place = (run.race?.place ?? 0) - from;
  const layout = layouts[place];
  if (!layout || state.parameters.length !== flatElements(layouts)) {
    throw new WorkerError(`The saved state of “${run.name}” is not for this model.`);
  }
  const part = (flat: Float32Array) => flat.subarray(layout.start, layout.start + layout.count);
  const step = state.stopped.find(({ adapter }) => adapter === place)?.step ?? state.step;
  const moments = { first: part(state.first), second: state.second && part(state.second) };
  return { layout, state: { step, elapsedMs, parameters: part(state.parameters), moments } };
}
