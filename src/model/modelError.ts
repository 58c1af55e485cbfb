/** A model that is not supported, or whose config contradicts itself; the message says what is. */
export class ModelError extends Error {
  override name = 'ModelError';
}
