/** A model that is not supported, or whose config contradicts itself; the message says what is. */
export class ModelError extends Error {
  override name = 'ModelError';
}

/** What a model that gives no numbers may have; follows a sentence that says where. */
export const NOT_FINITE =
  'The weights, or the adapter’s, may be damaged, or too large for the format that they are kept in.';
