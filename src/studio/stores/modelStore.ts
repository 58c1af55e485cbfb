// The frozen model: chosen, described, loaded. Choosing another while one loads cancels the first.
import { create } from 'zustand';
import { CallError, call } from '../../worker/client.ts';
import type { KeptRepo, LoadPhase, ModelDescription, ModelSource, ShelfModel } from '../../worker/protocol/model.ts';
import { messageOf } from './messageOf.ts';
import type { WeightFormat } from './settingsTypes.ts';

export interface LoadProgress {
  phase: LoadPhase;
  file: string;
  doneBytes: number;
  totalBytes: number;
}

export type ModelStatus =
  | { kind: 'none' }
  | { kind: 'describing'; source: ModelSource }
  /** `weights` is the format it would be loaded in. */
  | { kind: 'described'; source: ModelSource; description: ModelDescription; weights: WeightFormat }
  | {
      kind: 'loading';
      source: ModelSource;
      description: ModelDescription | null;
      weights: WeightFormat;
      progress: LoadProgress | null;
    }
  | { kind: 'ready'; source: ModelSource; description: ModelDescription; weights: WeightFormat }
  /** `triedBytes`: what the weights would have taken, where the GPU had no room for them. */
  | { kind: 'failed'; source: ModelSource; message: string; triedBytes: number | null };

export const useModelStore = create<{ status: ModelStatus; shelf: ShelfModel[]; kept: KeptRepo[] }>()(() => ({
  status: { kind: 'none' },
  shelf: [],
  kept: [],
}));

function setStatus(status: ModelStatus): void {
  useModelStore.setState({ status });
}

/** Whether `source` is still the one chosen: a late answer about another is dropped. */
function isCurrent(source: ModelSource): boolean {
  const { status } = useModelStore.getState();
  return status.kind !== 'none' && status.source === source;
}

/** What is known of the chosen model, loaded or not. */
export function knownDescription(status: ModelStatus): ModelDescription | null {
  return 'description' in status ? status.description : null;
}

/** Reads config and headers only: parameters, cost, whether it fits. */
export async function describeModel(source: ModelSource): Promise<void> {
  await cancelModel();
  setStatus({ kind: 'describing', source });
  try {
    const description = await call('describeModel', { source });
    if (isCurrent(source)) setStatus(described(source, description));
  } catch (error) {
    if (isCurrent(source)) setStatus(afterFailure(error, source, null));
  }
}

/** Describes `source` if need be, then loads its weights in the format given or the one preferred. */
export async function loadModel(source: ModelSource, weights?: WeightFormat): Promise<void> {
  const { status } = useModelStore.getState();
  if (status.kind !== 'described' || status.source !== source) await describeModel(source);
  const now = useModelStore.getState().status;
  if (now.kind !== 'described' || now.source !== source) return;
  const { description } = now;
  const format = weights ?? now.weights;
  setStatus({ kind: 'loading', source, description, weights: format, progress: null });
  try {
    const loaded = await call('loadModel', { source, weights: format });
    if (isCurrent(source)) setStatus({ kind: 'ready', source, description: loaded, weights: format });
  } catch (error) {
    if (isCurrent(source)) setStatus(afterFailure(error, source, described(source, description, format)));
  }
}

/** Loads the chosen model anew, in the same format: the worker no longer has it. */
export async function reloadModel(): Promise<void> {
  const { status } = useModelStore.getState();
  if (status.kind !== 'none') await loadModel(status.source, 'weights' in status ? status.weights : undefined);
}

/** Chooses the format of the weights; a loaded model is loaded again in it. */
export async function changeWeightFormat(weights: WeightFormat): Promise<void> {
  const { status } = useModelStore.getState();
  if ((status.kind !== 'ready' && status.kind !== 'described') || status.weights === weights) return;
  setStatus(described(status.source, status.description, weights));
  if (status.kind === 'ready') await loadModel(status.source);
}

/** Stops a description or a download that is under way; what arrived stays in the cache. */
export async function cancelModel(): Promise<void> {
  const { kind } = useModelStore.getState().status;
  if (kind === 'describing' || kind === 'loading') await call('cancel', { what: 'model' });
}

export function reportModelProgress(progress: LoadProgress): void {
  const { status } = useModelStore.getState();
  if (status.kind === 'loading') setStatus({ ...status, progress });
}

export async function refreshShelf(): Promise<void> {
  const [shelf, kept] = await Promise.all([call('listShelf', {}), call('listKept', {})]);
  useModelStore.setState({ shelf, kept });
}

export async function deleteCachedModel(repo: string): Promise<void> {
  await call('deleteCachedModel', { repo });
  await refreshShelf();
}

function described(source: ModelSource, description: ModelDescription, weights = preferredFormat(description)) {
  return { kind: 'described', source, description, weights } as const;
}

/** As a GGUF file has it, or the format that a model is stored in, where this GPU takes it; else the first that it takes. */
function preferredFormat(description: ModelDescription): WeightFormat {
  const possible = description.weightBytes.filter((option) => option.refusal === null);
  const asInFile = possible.find((option) => option.format === 'file');
  const stored = possible.find((option) => option.format === description.storedFormat.toLowerCase());
  return (asInFile ?? stored ?? possible[0])?.format ?? 'f32';
}

/** `before` is what stays when the person cancelled. */
function afterFailure(error: unknown, source: ModelSource, before: ModelStatus | null): ModelStatus {
  if (!(error instanceof CallError && error.isCancelled)) {
    const canFit = error instanceof CallError && error.canFit;
    return { kind: 'failed', source, message: messageOf(error), triedBytes: canFit ? weightBytesOf(before) : null };
  }
  return before ?? { kind: 'none' };
}

function weightBytesOf(status: ModelStatus | null): number | null {
  if (status?.kind !== 'described') return null;
  return status.description.weightBytes.find(({ format }) => format === status.weights)?.bytes ?? null;
}
