// The base model of a kept run, to read its files: the loaded one where it is that, else opened again. Nothing is put on the
// GPU.
import { openAdapter } from './adapterStore.ts';
import { WorkerError } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import type { DownloadProgress } from './modelFiles.ts';
import { currentModel } from './modelSession.ts';
import { type OpenedModel, openModel, openModelFiles } from './modelSource.ts';
import type { ModelSource } from './protocol.ts';

/** The last one opened for its files alone. */
let lately: { key: string; opened: Promise<OpenedModel> } | undefined;
/** Given by the person in this visit, by the base's id. */
const brought = new Map<string, OpenedModel>();

/** Throws WorkerError saying which model to load, where it cannot be found again without the person. */
export async function modelOfRun(run: KeptRun): Promise<OpenedModel> {
  const here = loadedFor(run) ?? brought.get(run.model.baseModelId);
  if (here) return here;
  const source = sourceOf(run);
  if (!source)
    throw new WorkerError(
      `“${run.name}” needs its base, ${run.model.name}, which came from files. Load it in Train first.`,
    );
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

/** The same with every byte on this machine: what lies on the Hub is downloaded into the cache first. */
export async function wholeModelOfRun(
  run: KeptRun,
  onProgress: DownloadProgress,
  signal: AbortSignal,
): Promise<OpenedModel> {
  const opened = await modelOfRun(run);
  const { bringHere } = opened.files;
  if (!bringHere || opened === loadedFor(run)) return opened;
  return openModel(opened.files, await bringHere(onProgress, signal));
}

/** Takes files for the run's base. Throws FormatError, ModelError or AdapterError where the adapter is for another model. */
export async function bringModelOfRun(run: KeptRun, files: File[]): Promise<void> {
  const opened = await openModel(await openModelFiles({ kind: 'files', files }, new AbortController().signal));
  await openAdapter(run.id, opened.architecture);
  brought.set(run.model.baseModelId, opened);
}

function loadedFor(run: KeptRun): OpenedModel | undefined {
  const loaded = currentModel();
  return loaded?.description.baseModelId === run.model.baseModelId ? loaded.opened : undefined;
}

function sourceOf({ model, origin, base = origin?.model }: KeptRun): ModelSource | undefined {
  if (model.source === 'builtin') return { kind: 'builtin' };
  return base?.kind === 'hub' ? base : undefined;
}
