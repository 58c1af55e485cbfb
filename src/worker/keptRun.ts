// A run as this browser keeps it: the page's record, and where its model and data came from, to find them again.
import type { RunSettings } from '../training/settings.ts';
import type { DataOptions } from './protocol/data.ts';
import type { ModelSource } from './protocol/model.ts';
import type { RunRecord } from './protocol/runs.ts';

export type ModelOrigin =
  | { kind: 'builtin' }
  /** `mark`: of its weights; absent in runs that older versions kept. */
  | { kind: 'files'; mark?: string }
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

/** What is known of a loaded model's place: `mark` of its weights where they came from files. */
interface Place {
  readonly source: ModelSource;
  readonly mark: string | undefined;
}

/** Without the token, which is kept nowhere. */
export function modelOrigin({ source, mark }: Place): ModelOrigin {
  if (source.kind === 'builtin') return { kind: 'builtin' };
  if (source.kind === 'files') return { kind: 'files', ...(mark === undefined ? {} : { mark }) };
  const { repo, revision, endpoint } = source;
  return { kind: 'hub', repo, revision, ...(endpoint ? { endpoint } : {}) };
}

/** Whether a loaded model is what a run names: from the same place, or files with the same weights. */
export function isFrom(origin: ModelOrigin, { source, mark }: Place): boolean {
  switch (origin.kind) {
    case 'builtin':
      return source.kind === 'builtin';
    case 'files':
      return source.kind === 'files' && (origin.mark === undefined || origin.mark === mark);
    case 'hub':
      return source.kind === 'hub' && source.repo === origin.repo && source.revision === origin.revision;
    default:
      return origin satisfies never;
  }
}

/** What the page is told. */
export function recordOf({ origin: _, base: __, ...record }: KeptRun): RunRecord {
  return record;
}

/** Whose folder holds the run's state and data: a race keeps both once. */
export function folderIdOf({ id, race }: Pick<KeptRun, 'id' | 'race'>): string {
  return race?.id ?? id;
}
