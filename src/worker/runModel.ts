// The base model of a kept run, to read its files: the loaded one where it is that, else opened again. Nothing is put on the
// GPU.
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { WorkerError } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { currentModel } from './modelSession.ts';
import { type OpenedModel, openModel, openModelFiles } from './modelSource.ts';
import type { ModelSource } from './protocol.ts';

export interface RunModel {
  readonly architecture: Architecture;
  readonly weights: WeightFiles;
}

/** The last one opened for its files alone. */
let lately: { key: string; opened: Promise<OpenedModel> } | undefined;

/** Throws WorkerError saying which model to load, where it cannot be found again without the person. */
export async function modelOfRun(run: KeptRun): Promise<RunModel> {
  const loaded = currentModel();
  if (loaded && loaded.description.baseModelId === run.model.baseModelId) return loaded.opened;
  const source = sourceOf(run);
  if (!source) {
    throw new WorkerError(`“${run.name}” is measured against ${run.model.name}: load that model in Train first.`);
  }
  const key = JSON.stringify(source);
  if (lately?.key !== key) {
    const opened = openModelFiles(source, new AbortController().signal).then((files) => openModel(files));
    lately = { key, opened };
    opened.catch(() => {
      if (lately?.opened === opened) lately = undefined;
    });
  }
  return lately.opened;
}

function sourceOf({ model, origin }: KeptRun): ModelSource | undefined {
  if (model.source === 'builtin') return { kind: 'builtin' };
  return origin?.model.kind === 'hub' ? origin.model : undefined;
}
