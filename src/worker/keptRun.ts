// A run as this browser keeps it: the page's record, and where its model and data came from, to find them again.
import type { DataOptions, RunRecord } from './protocol.ts';

export type ModelOrigin =
  | { kind: 'builtin' }
  | { kind: 'files' }
  | { kind: 'hub'; repo: string; revision: string; endpoint?: string };

export type DataOrigin =
  | { kind: 'builtin'; taskId: string }
  /** Copies of the files lie in the run's folder. */
  | { kind: 'files'; train: string; validation: string | null };

export interface RunOrigin {
  readonly model: ModelOrigin;
  readonly data: DataOrigin;
  readonly options: DataOptions;
  readonly samplePrompts: readonly string[];
}

export interface KeptRun extends RunRecord {
  /** Absent for imported adapters. */
  origin?: RunOrigin;
}

/** What the page is told. */
export function recordOf({ origin: _, ...record }: KeptRun): RunRecord {
  return record;
}
