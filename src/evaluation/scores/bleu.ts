// BLEU (Papineni et al., 2002) as sacreBLEU computes it (Post, 2018): tokenizer 13a, case kept, exponential smoothing;
// several references count together, the nearest in length for the brevity penalty. A corpus's BLEU follows from sums of
// per-answer counts alone, which is what resampling adds up.
import { countEach, splitWords, withoutBlanksAtEnd } from './pythonText.ts';

const ORDERS = 4;

/** Words of an answer's statistics: its length, the reference's, then matched and all n-grams of orders 1 to 4. */
export const BLEU_WORDS = 2 + 2 * ORDERS;

/** Counts of one answer against its references; at least one. */
export function bleuCounts(answer: string, references: readonly string[]): number[] {
  const words = tokenize13a(answer);
  const known = new Map<string, number>();
  let nearest = -1;
  for (const reference of references) {
    const theirs = tokenize13a(reference);
    const [distance, best] = [Math.abs(words.length - theirs.length), Math.abs(words.length - nearest)];
    if (nearest < 0 || distance < best || (distance === best && theirs.length < nearest)) nearest = theirs.length;
    for (let order = 1; order <= ORDERS; order++) {
      for (const [ngram, count] of countEach(ngrams(theirs, order))) {
        known.set(ngram, Math.max(known.get(ngram) ?? 0, count));
      }
    }
  }
  const counts = [words.length, Math.max(0, nearest), ...new Array<number>(2 * ORDERS).fill(0)];
  for (let order = 1; order <= ORDERS; order++) {
    for (const [ngram, count] of countEach(ngrams(words, order))) {
      counts[1 + order]! += Math.min(count, known.get(ngram) ?? 0);
      counts[1 + ORDERS + order]! += count;
    }
  }
  return counts;
}

/** BLEU from 0 to 100 of summed counts. `effectiveOrder`: leave out orders that no answer is long enough for. */
export function bleuOf(sums: ArrayLike<number>, { effectiveOrder = false } = {}): number {
  const [answers = 0, references = 0] = [sums[0], sums[1]];
  let hasMatch = false;
  for (let order = 0; order < ORDERS; order++) hasMatch ||= sums[2 + order]! > 0;
  if (!hasMatch) return 0;
  let smoothing = 1;
  let logs = 0;
  let orders = 0;
  for (; orders < ORDERS && sums[2 + ORDERS + orders]! > 0; orders++) {
    const [matched, all] = [sums[2 + orders]!, sums[2 + ORDERS + orders]!];
    if (matched === 0) smoothing *= 2;
    logs += Math.log((100 * (matched === 0 ? 1 / smoothing : matched)) / all);
  }
  if (orders < ORDERS && !effectiveOrder) return 0;
  const brevity = answers < references ? Math.exp(1 - references / answers) : 1;
  return brevity * Math.exp(logs / orders);
}

/** BLEU of one answer, from 0 to 100: only the orders that it is long enough for count. */
export function sentenceBleu(counts: readonly number[]): number {
  return bleuOf(counts, { effectiveOrder: true });
}

function ngrams(words: readonly string[], order: number): string[] {
  const found: string[] = [];
  // The words hold no blanks.
  for (let i = 0; i + order <= words.length; i++) found.push(words.slice(i, i + order).join(' '));
  return found;
}

/** mteval-v13a's words, as sacreBLEU has them. @internal */
export function tokenize13a(text: string): string[] {
  const line = withoutBlanksAtEnd(text)
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  const spaced = ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/gu, '$1 $2 ');
  return splitWords(spaced);
}
