// How long rows may be: what the person says, and no longer than the model's positions.
import type { TokenRow } from '../data/types.ts';
import type { Architecture } from '../model/architecture.ts';
import { InputError } from './inputError.ts';

const DEFAULT_MAX_LENGTH = 512;

/** The most tokens of a row; what passes it is cut. */
export function maxLengthFor({ maxPositions }: Architecture, wanted: number | undefined): number {
  return Math.min(wanted ?? DEFAULT_MAX_LENGTH, maxPositions);
}

/** Throws InputError for a token that the model has no embedding for: the tokenizer of another model. */
export function checkRows({ vocabularySize }: Architecture, rows: readonly TokenRow[]): void {
  for (const { ids, line } of rows) {
    for (const id of ids) {
      if (id < vocabularySize) continue;
      const where = `line ${line} has token ${id}, the model's vocabulary ends at ${vocabularySize - 1}`;
      throw new InputError(`tokenizer.json: ${where}; is it the tokenizer of another model?`);
    }
  }
}
