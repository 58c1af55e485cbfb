// Reads several numbers that a person typed, parted by commas or spaces, or says what is expected.
import { type NumberRange, parseNumber } from './parseNumber.ts';

/** Without repetitions, in rising order. */
export function parseNumbers(text: string, range: NumberRange): { values: number[] } | { error: string } {
  const values = new Set<number>();
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const parsed = parseNumber(part, range);
    if ('error' in parsed) return { error: `${parsed.error} Several: 1, 2, 4.` };
    values.add(parsed.value);
  }
  if (values.size > 0) return { values: [...values].sort((a, b) => a - b) };
  const none = parseNumber('', range);
  return { error: 'error' in none ? none.error : 'Type a number.' };
}
