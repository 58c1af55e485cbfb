// Python's idea of blanks, so that scores agree with sacreBLEU's: str.split() cuts at U+001C … U+001F and U+0085 as well,
// and not at U+FEFF.
const BLANK = '\\t-\\r\\u001c-\\u001f \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const BLANKS = new RegExp(`[${BLANK}]+`, 'u');
const BLANKS_AT_END = new RegExp(`[${BLANK}]+$`, 'u');

/** As Python's str.split(). */
export function splitWords(text: string): string[] {
  return text.split(BLANKS).filter((word) => word !== '');
}

/** As Python's str.rstrip(). */
export function withoutBlanksAtEnd(text: string): string {
  return text.replace(BLANKS_AT_END, '');
}

/** How often each comes. */
export function countEach(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
