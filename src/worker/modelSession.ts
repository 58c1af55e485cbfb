// The one model on the GPU, with its tokenizer. Loading another frees the first.

import { openTokenizer } from '../data/openTokenizer.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { weightsMark } from '../formats/weightsMark.ts';
import type { Gpu } from '../gpu/device.ts';
import { declareModel, type FrozenModel } from '../model/frozenModel.ts';
import { loadModel as fillModel, freeModel } from '../model/loadModel.ts';
import type { WeightFormat } from '../training/settings.ts';
import { cancel, cancellable } from './cancelling.ts';
import { currentGpu, onDeviceLost, requireGpu } from './device.ts';
import { WorkerError } from './failure.ts';
import { describeOpened, largestTensorBytes } from './modelFacts.ts';
import { type OpenedModel, openModel, openModelFiles } from './modelSource.ts';
import { post } from './post.ts';
import type { ModelDescription, ModelSource } from './protocol/model.ts';

export interface LoadedModel {
  readonly source: ModelSource;
  /** Of the weights, where they came from files. */
  readonly mark: string | undefined;
  readonly opened: OpenedModel;
  readonly description: ModelDescription;
  readonly gpu: Gpu;
  readonly frozen: FrozenModel;
  readonly storage: WeightFormat;
  readonly tokenizer: TextTokenizer;
}

let loaded: LoadedModel | undefined;
let lastLoad: Promise<unknown> = Promise.resolve();
const leaveListeners: (() => Promise<void>)[] = [];

onDeviceLost(() => {
  loaded = undefined;
});

/** Called before the model is freed: what was made for it must go first. Throwing refuses the change. */
export function onModelLeaving(listener: () => Promise<void>): void {
  leaveListeners.push(listener);
}

export function currentModel(): LoadedModel | undefined {
  return loaded;
}

/** Throws WorkerError when no model is loaded. */
export function requireModel(): LoadedModel {
  if (loaded) return loaded;
  throw new WorkerError('No model is loaded; choose one under Model first.');
}

export function describeModel(source: ModelSource): Promise<ModelDescription> {
  return cancellable('model', async (signal) => {
    const opened = await openModel(await openModelFiles(source, signal));
    return describeOpened(opened, currentGpu()?.limits);
  });
}

/** Loads weights and tokenizer; a load under way is cancelled first. */
export async function loadModel(source: ModelSource, storage: WeightFormat): Promise<ModelDescription> {
  cancel('model');
  const before = lastLoad;
  const load = cancellable('model', async (signal) => {
    await before;
    signal.throwIfAborted();
    return replaceModel(source, storage, signal);
  });
  lastLoad = load.catch(() => undefined);
  return load;
}

async function replaceModel(
  source: ModelSource,
  storage: WeightFormat,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const gpu = await requireGpu();
  const files = await openModelFiles(source, signal);
  const progress = throttled((file: string, doneBytes: number, totalBytes: number) =>
    post({ kind: 'modelProgress', phase: 'download', file, doneBytes, totalBytes }),
  );
  const here = files.bringHere ? await files.bringHere(progress, signal) : files.files;
  const opened = await openModel(files, here);
  const description = await describeOpened(opened, gpu.limits);
  const tokenizer = await openTokenizer(opened.folder);
  const mark = source.kind === 'files' ? await weightsMark(opened.weights) : undefined;
  for (const leave of leaveListeners) await leave();
  if (loaded) freeModel(loaded.gpu, loaded.frozen);
  loaded = undefined;
  const frozen = declareModel(opened.architecture, storage, largestTensorBytes(gpu.limits), opened.weights);
  const report = throttled((doneBytes: number, totalBytes: number) =>
    post({ kind: 'modelProgress', phase: 'load', file: files.name, doneBytes, totalBytes }),
  );
  await fillModel(gpu, frozen, opened.weights, {
    signal,
    onProgress: ({ doneBytes, totalBytes }) => report(doneBytes, totalBytes),
  });
  loaded = { source, mark, opened, description, gpu, frozen, storage, tokenizer };
  return description;
}

/** At most some twenty calls a second. */
function throttled<A extends unknown[]>(call: (...args: A) => void): (...args: A) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (...args) => {
    const now = performance.now();
    if (now - lastAt < 50) return;
    lastAt = now;
    call(...args);
  };
}
