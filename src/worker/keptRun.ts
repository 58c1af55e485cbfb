// A run as this browser keeps it: the page's record, and where its model and data came from, to find them again.
import type { RunSettings } from '../training/settings.ts';
import type { DataOptions, ModelSource, RunRecord } from './protocol.ts';

export type ModelOrigin =
  | { kind: 'builtin' }
  | { kind: 'files' }
  | { kind: 'hub'; repo: string; revision: string; endpoint?: string };

export type DataOrigin =
  | { kind: 'builtin'; taskId: string }
  /** Copies of the files lie in the run's folder. */
  | { kind: 'files'; train: string; validation: string | null };

/** What a run must know of its race to go on with it. */
export interface RaceOrigin {
  /** Of every adapter, in order. */
  readonly adapters: readonly { readonly name: string; readonly settings: RunSettings }[];
  /** How many adapters train together, one heat after another, and which heat this run is of. */
  readonly heats: readonly number[];
  readonly heat: number;
}

export interface RunOrigin {
  readonly race?: RaceOrigin;
  /** Below the run's folder, where its state is kept; absent: in the folder itself. Heats of a race have one each. */
  readonly stateFolder?: string;
  readonly model: ModelOrigin;
  readonly data: DataOrigin;
  readonly options: DataOptions;
  readonly samplePrompts: readonly string[];
}

export interface KeptRun extends RunRecord {
  /** Absent for imported adapters. */
  origin?: RunOrigin;
  /** Of an imported adapter: what it was read against. Absent in those kept by older versions. */
  base?: ModelOrigin;
}

/** Without the token, which is kept nowhere. */
export function modelOrigin(source: ModelSource): ModelOrigin {
  if (source.kind !== 'hub') return { kind: source.kind };
  const { repo, revision, endpoint } = source;
  return { kind: 'hub', repo, revision, ...(endpoint ? { endpoint } : {}) };
}

/** What the page is told. */
export function recordOf({ origin: _, base: __, ...record }: KeptRun): RunRecord {
  return record;
}

/** Whose folder holds the run's state and data: a race keeps both once. */
export function folderIdOf({ id, race }: Pick<KeptRun, 'id' | 'race'>): string {
  return race?.id ?? id;
}
