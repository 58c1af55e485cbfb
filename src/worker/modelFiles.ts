// A model's files before they are looked into.
import type { ByteSource } from '../formats/byteSource.ts';

export type DownloadProgress = (file: string, doneBytes: number, totalBytes: number) => void;

export interface ModelFiles {
  readonly name: string;
  readonly baseModelId: string;
  readonly revision: string | null;
  /** The Hub could not be asked, and what was kept of it is used. */
  readonly isKeptCopy?: boolean;
  /** To read config and headers from; some may be read over the network, by range. */
  readonly files: readonly ByteSource[];
  /** The same files, all of them on this machine. Absent where they are already. */
  readonly bringHere?: (onProgress: DownloadProgress, signal: AbortSignal) => Promise<readonly ByteSource[]>;
}
