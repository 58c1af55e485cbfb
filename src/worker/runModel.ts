// The base model of a kept run, to read its files: the loaded one where it is that, else opened again. Nothing is put on the
// GPU.
import { weightsMark } from '../formats/weightsMark.ts';
import { openAdapter } from './adapterStore.ts';
import { WorkerError } from './failure.ts';
import { isFrom, type KeptRun, type ModelOrigin } from './keptRun.ts';
import type { DownloadProgress } from './modelFiles.ts';
import { currentModel } from './modelSession.ts';
import { type OpenedModel, openModel, openModelFiles } from './modelSource.ts';
import type { ModelSource } from './protocol/model.ts';

/** The last one opened for its files alone. */
let lately: { key: string; opened: Promise<OpenedModel> } | undefined;
/** Given by the person in this visit, by `broughtKey`. */
const brought = new Map<string, OpenedModel>();

/** Throws WorkerError saying which model to load, where it cannot be found again without the person. */
export async function modelOfRun(run: KeptRun): Promise<OpenedModel> {
  const here = loadedFor(run) ?? brought.get(broughtKey(run));
  if (here) return here;
  const source = sourceOf(run);
  if (!source) {
    const isNamesake = currentModel()?.description.baseModelId === run.model.baseModelId;
    const which = isNamesake ? '; the model of that name that is loaded has other weights' : '';
    throw new WorkerError(
      `“${run.name}” needs its base, ${run.model.name}, which came from files${which}. Load it in Train first.`,
    );
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
  const origin = originOf(run);
  if (origin?.kind === 'files' && origin.mark !== undefined && origin.mark !== (await weightsMark(opened.weights))) {
    throw new WorkerError(
      `These are other weights than those of ${run.model.name} that “${run.name}” is for, though of the same shapes. Choose the files that it was trained on.`,
    );
  }
  brought.set(broughtKey(run), opened);
}

function loadedFor(run: KeptRun): OpenedModel | undefined {
  const loaded = currentModel();
  if (loaded?.description.baseModelId !== run.model.baseModelId) return undefined;
  const origin = originOf(run);
  const isIt = origin ? isFrom(origin, loaded) : loaded.source.kind === run.model.source;
  return isIt ? loaded.opened : undefined;
}

/** Of its base: folders may be called alike. */
function broughtKey(run: KeptRun): string {
  const origin = originOf(run);
  return `${run.model.baseModelId} ${origin?.kind === 'files' ? (origin.mark ?? '') : ''}`;
}

/** Where its base came from; undefined for adapters that older versions imported. */
function originOf({ origin, base = origin?.model }: KeptRun): ModelOrigin | undefined {
  return base;
}

function sourceOf(run: KeptRun): ModelSource | undefined {
  if (run.model.source === 'builtin') return { kind: 'builtin' };
  const origin = originOf(run);
  return origin?.kind === 'hub' ? origin : undefined;
}
