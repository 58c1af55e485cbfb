// What counts as bad input: one line on standard error and exit code 2. Everything else that goes wrong is exit code 1.

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

export function isBadInput(error: unknown): error is Error {
  return error instanceof Error && BAD_INPUT.has(error.name);
}

/** A message in one line. */
export function inOneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ');
}
