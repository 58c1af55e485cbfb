// What counts as bad input: one line on standard error and exit code 2. Everything else that goes wrong is exit code 1.

import { HubError } from '../hub/hubError.ts';

/** A flag or a path that cannot be used; the message names it. */
export class InputError extends Error {
  override name = 'InputError';
}

/** Errors of the rooms below that say what is wrong with what was given. Told by name: they have no common ancestor. */
const BAD_INPUT = new Set([
  'InputError',
  'AdapterError',
  'DataError',
  'FormatError',
  'ModelError',
  'SamplingError',
  'StorageError',
  'TooLargeError',
  'TrainingError',
]);

/** Of a HubError: what the person can mend. A Hub that cannot be reached is not theirs. */
const BAD_ACCESS = new Set(['badName', 'tokenNeeded', 'gated', 'notFound', 'badToken', 'noWriteRight', 'refused']);

export function isBadInput(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof HubError) return BAD_ACCESS.has(error.problem);
  return BAD_INPUT.has(error.name);
}

/** A message in one line. */
export function inOneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ');
}
