/**
 * Byte-level BPE, as plainly as it can be said: words cut by patterns, bytes as characters, the best merge first. Only to
 * see whether two ways to cut give the same tokens; texts are tokenized by @huggingface/tokenizers.
 * Source: openai/gpt-2, `encoder.py`; Sennrich et al. 2016, arXiv 1508.07909.
 */

import { BYTE_CHARACTERS, BYTE_LEVEL_PATTERN, BYTE_OF_CHARACTER } from './byteCharacters.ts';

/** Patterns, applied one after another to the pieces that the one before left. */
export type Cutter = readonly RegExp[];

/** The patterns of a pre-tokenizer's parts; undefined where one is none that JavaScript reads alike. */
export function cutterOf(splits: readonly unknown[], useRegex: boolean): Cutter | undefined {
  const sources = splits.map((split) => {
    if (typeof split !== 'object' || split === null || !('type' in split)) return undefined;
    if (split.type === 'Digits') {
      return 'individual_digits' in split && split.individual_digits === true ? '\\p{N}' : '\\p{N}+';
    }
    const isIsolated =
      'behavior' in split && split.behavior === 'Isolated' && 'invert' in split && split.invert !== true;
    if (split.type !== 'Split' || !isIsolated || !('pattern' in split)) return undefined;
    const { pattern } = split;
    return typeof pattern === 'object' && pattern !== null && 'Regex' in pattern ? pattern.Regex : undefined;
  });
  const patterns: RegExp[] = [];
  for (const source of [...sources, ...(useRegex ? [BYTE_LEVEL_PATTERN] : [])]) {
    if (typeof source !== 'string') return undefined;
    try {
      patterns.push(new RegExp(withoutInlineFlags(source), 'gu'));
    } catch {
      return undefined;
    }
  }
  return patterns;
}

/** `(?i:'s|'ll)` as `(?:'[sS]|'[lL][lL])`: not every JavaScript knows flags inside a pattern. */
function withoutInlineFlags(source: string): string {
  return source.replace(/\(\?i:([^()\\[\]]*)\)/g, (_, body: string) => {
    return `(?:${body.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)})`;
  });
}

function cut(text: string, cutter: Cutter): string[] {
  return cutter.reduce<string[]>((pieces, pattern) => pieces.flatMap((piece) => isolated(piece, pattern)), [text]);
}

/** What the pattern matches, and what lies between. */
function isolated(text: string, pattern: RegExp): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '') continue;
    if (match.index > at) pieces.push(text.slice(at, match.index));
    pieces.push(match[0]);
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

/** `ranks`: of `left right`, the best 0. */
export function bytePairs(text: string, cutter: Cutter, ranks: ReadonlyMap<string, number>): string[] {
  return cut(text, cutter).flatMap((word) => {
    const symbols = Array.from(new TextEncoder().encode(word), (byte) => BYTE_CHARACTERS[byte] ?? '');
    for (;;) {
      let [best, rank] = [-1, Number.POSITIVE_INFINITY];
      for (let i = 0; i + 1 < symbols.length; i++) {
        const own = ranks.get(`${symbols[i]} ${symbols[i + 1]}`);
        if (own !== undefined && own < rank) [best, rank] = [i, own];
      }
      if (best < 0) return symbols;
      symbols.splice(best, 2, `${symbols[best]}${symbols[best + 1]}`);
    }
  });
}

/** The text of a byte-level token; undefined where its bytes are part of a character. */
export function tokenBytesText(token: string): string | undefined {
  const bytes = Array.from(token, (character) => BYTE_OF_CHARACTER.get(character) ?? -1);
  if (bytes.includes(-1)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
