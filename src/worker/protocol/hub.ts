// Taking a run to the Hub, and an adapter from it.

/** `owner/name` on the Hub; `endpoint`: of another server that speaks its API. The token is kept in memory only. */
export interface PushTarget {
  repo: string;
  revision: string;
  isPrivate: boolean;
  token: string;
  endpoint?: string;
}

export interface PushProgress {
  /** `base`: downloading it; `reading`: making and hashing what is pushed. */
  phase: 'base' | 'reading' | 'uploading' | 'committing';
  file: string;
  doneBytes: number;
  totalBytes: number;
}

/** A repository on the Hub at a branch, tag or commit. The token is kept in memory only. */
export interface HubPlace {
  repo: string;
  revision: string;
  token?: string;
  endpoint?: string;
}

/** An adapter on the Hub, by its adapter_config.json. */
export interface HubAdapter {
  repo: string;
  revision: string;
  rank: number;
  alpha: number;
  sizeBytes: number;
  /** The base as the configuration names it. */
  baseName: string | null;
  /** Where that can be loaded from; null where the name is a path of somebody's disk. */
  base: { kind: 'builtin' } | { kind: 'hub'; repo: string; revision: string } | null;
}
