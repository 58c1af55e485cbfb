/**
 * What a browser's storage refuses, in words that say what was kept and what to do. The rooms of this folder pass every
 * platform error through `storageError`.
 */

export type StorageProblem = 'full' | 'unavailable' | 'busy' | 'damaged';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly problem: StorageProblem;

  constructor(problem: StorageProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

const nameOf = (error: unknown) => (typeof error === 'object' && error !== null && 'name' in error ? error.name : '');

/** True for what a browser throws when a file or a folder is not there. */
export function isNotFound(error: unknown): boolean {
  return nameOf(error) === 'NotFoundError';
}

/** `what` says what was being stored, such as `the checkpoint of step 7`. Errors it does not know come back as they are. */
export function storageError(error: unknown, what: string): unknown {
  const options = { cause: error };
  if (error instanceof StorageError) return new StorageError(error.problem, `${what}: ${error.message}`, options);
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return new StorageError(
        'full',
        `${what}: this browser's storage is full. What was stored before is kept. Delete cached models or old runs in the Library, or free disk space, and try again.`,
        options,
      );
    case 'SecurityError':
    case 'InvalidStateError':
      return new StorageError(
        'unavailable',
        `${what}: this browser keeps no files for this page. Private windows and blocked site data do that: allow site data or use an ordinary window. Training works without it, but nothing outlives the page.`,
        options,
      );
    case 'NoModificationAllowedError':
      return new StorageError(
        'busy',
        `${what}: the file is in use, perhaps by this page in another tab. Close it there.`,
        options,
      );
    default:
      return error;
  }
}

export interface StorageEstimate {
  usedBytes: number;
  /** What the browser grants at most; undefined where it does not say. */
  quotaBytes: number | undefined;
  /** Whether the browser promised not to evict it when disk space runs low. */
  isPersistent: boolean;
}

/** How much this page stores and may store. Throws a StorageError where there is no storage. */
export async function estimateStorage(storage: StorageManager = navigator.storage): Promise<StorageEstimate> {
  if (storage === undefined) {
    throw new StorageError('unavailable', 'storage: this browser has none for pages, or the page is not on https');
  }
  const { usage = 0, quota, usageDetails }: Reported = await storage.estimate();
  const counted = usageDetails?.fileSystem;
  const usedBytes = counted === undefined ? usage : usage - counted + (await fileBytes(await storage.getDirectory()));
  return { usedBytes, quotaBytes: quota, isPersistent: await storage.persisted() };
}

/** Chromium also says what is of which kind. */
interface Reported {
  usage?: number;
  quota?: number;
  usageDetails?: { fileSystem?: number };
}

/**
 * What the page's own files take. Chromium 156 does not count small ones as they are written and takes them off as they are
 * removed, so that its own sum comes to 4 GB where there is nothing.
 */
async function fileBytes(directory: FileSystemDirectoryHandle): Promise<number> {
  let sum = 0;
  for await (const [, handle] of directory.entries()) {
    sum += handle.kind === 'file' ? (await handle.getFile()).size : await fileBytes(handle);
  }
  return sum;
}
