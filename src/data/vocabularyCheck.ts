// Tokens that a model has no embedding for: the tokenizer of another model.
import { DataError, type TokenRow } from './types.ts';

/** Throws DataError for the first token that is not below `vocabularySize`. */
export function checkVocabulary(rows: readonly TokenRow[], vocabularySize: number): void {
  for (const { ids, line } of rows) {
    for (const id of ids) {
      if (id < vocabularySize) continue;
      const where = `line ${line} has token ${id}, the model's vocabulary ends at ${vocabularySize - 1}`;
      throw new DataError(`tokenizer.json: ${where}; is it the tokenizer of another model?`);
    }
  }
}
