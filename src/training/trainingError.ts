/** A run that cannot be planned; the message says what to change. */
export class TrainingError extends Error {
  override name = 'TrainingError';
}
