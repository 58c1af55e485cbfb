// Patterns of a tokenizer.json as JavaScript's. Rust's Oniguruma differs in what `\s`, `\w`, `\d`, `.` and `$` match, in
// possessive repeats and in classes; @huggingface/tokenizers rewrites all that, and its Split is asked for the result.
import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { DataError } from '../types.ts';

const patternSchema = z.union([z.looseObject({ Regex: z.string() }), z.looseObject({ String: z.string() })]);

/** With the flags g and u. `config`: {Regex} or {String}. Throws DataError. */
export function patternOf(config: unknown): RegExp {
  const parsed = patternSchema.safeParse(config);
  if (!parsed.success) throw new DataError(`tokenizer.json: ${JSON.stringify(config)} is no pattern`);
  try {
    const { pattern } = new SplitPreTokenizer({
      type: 'Split',
      pattern: parsed.data,
      behavior: 'Isolated',
      invert: false,
    });
    if (pattern) return pattern;
  } catch {
    // Said below.
  }
  throw new DataError(`tokenizer.json: the pattern ${JSON.stringify(parsed.data)} is not one that is understood here`);
}

/** Rust's `char::is_whitespace`, and `\w` of its regex crate: for use inside a class. */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
export const SPACE = '\\p{White_Space}';
