// Errors in words for the page. Those of the rooms below are written for people already; the rest is said to be unknown.
import type { Failure } from './protocol.ts';

/** A wish that cannot be met as things are; the message says what to do. */
export class WorkerError extends Error {
  override name = 'WorkerError';
}

/** The person asked for it to stop. */
export class CancelledError extends Error {
  override name = 'CancelledError';
  constructor() {
    super('Cancelled.');
  }
}

/** Errors whose message is a sentence for the page. Told by name: they come from rooms with no common ancestor. */
const SPOKEN = new Set([
  'AdapterError',
  'DataError',
  'DeviceLostError',
  'FormatError',
  'HubError',
  'ModelError',
  'NoGpuError',
  'SamplingError',
  'StorageError',
  'TooLargeError',
  'TrainingError',
  'WorkerError',
]);

/** Errors of size, which other settings may cure. */
const SIZE = new Set(['OutOfGpuMemoryError', 'GpuLimitError', 'TooLargeError']);

export function failureOf(error: unknown): Failure {
  if (isCancellation(error)) return { message: 'Cancelled.', isCancelled: true, canFit: false };
  return { message: messageFor(error), isCancelled: false, canFit: error instanceof Error && SIZE.has(error.name) };
}

export function isCancellation(error: unknown): boolean {
  return error instanceof CancelledError;
}

/** Scripts are fetched when they are first needed; every browser has words of its own for that failing. */
const NOT_FETCHED = /dynamically imported module|importing a module script failed/i;

function messageFor(error: unknown): string {
  if (!(error instanceof Error))
    return `Something unexpected happened: ${String(error)}. Reload the page and try again.`;
  if (SPOKEN.has(error.name)) return error.message;
  if (NOT_FETCHED.test(error.message)) {
    return 'What this needs could not be fetched: this page’s server does not answer. Everything else goes on; try again once it is back.';
  }
  switch (error.name) {
    case 'OutOfGpuMemoryError':
      return `${error.message}. Nothing was kept on the GPU. “Fit to this GPU” chooses what takes less; or try shorter rows, a smaller batch, checkpointing, a weight format of fewer bits or a smaller model.`;
    case 'GpuLimitError':
    case 'GpuUsageError':
      return `This does not fit the GPU: ${error.message}. Try shorter rows, a smaller batch or a smaller model.`;
    case 'NotFoundError':
    case 'NotReadableError':
      return 'A file could not be read: it is a folder, or was moved or changed after it was chosen. Choose it again.';
    case 'ShaderError':
      return `A GPU program did not compile on this device, which is a fault of Rankwise or of the driver: ${error.message}`;
    default:
      return `Something unexpected happened: ${error.message || error.name}. Saved runs are kept; reload the page and try again.`;
  }
}
