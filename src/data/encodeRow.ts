// The token rule. A pair is encode(prompt) with the tokenizer's leading special tokens, encode(target) without special
// tokens, then the end token; loss on target and end token. Prompt and target are encoded apart, because that is how
// they meet when text is generated.
import type { TextTokenizer } from './tokenizer.ts';
import type { TokenRow } from './types.ts';

/** A stretch of tokens that carries loss or does not. */
export interface TokenSpan {
  ids: readonly number[];
  isTarget: boolean;
}

export type FittedRow = { row: TokenRow; cutTokens: number } | { tooLong: number };

/** The spans of a context–target pair, leading tokens first, end token last. */
export function pairSpans(prompt: string, target: string, tokenizer: TextTokenizer): TokenSpan[] {
  return [
    { ids: tokenizer.encode(prompt), isTarget: false },
    { ids: [...tokenizer.encodeWithoutSpecial(target), tokenizer.eosId], isTarget: true },
  ];
}

/** Short rows share buffers of this many tokens: to a browser a small buffer of its own costs more than what is in it. */
const bufferTokens = 65_536;

class TokenBuffer {
  readonly ids: Uint32Array;
  readonly loss: Uint8Array;
  used = 0;

  constructor(readonly size: number) {
    this.ids = new Uint32Array(size);
    this.loss = new Uint8Array(size);
  }
}

/** A stretch of a buffer. Its arrays are made when they are asked for: kept, they would take more than the tokens. */
class BufferedRow implements TokenRow {
  constructor(
    readonly buffer: TokenBuffer,
    readonly start: number,
    readonly end: number,
    readonly line: number,
  ) {}

  get ids(): Uint32Array {
    return this.buffer.ids.subarray(this.start, this.end);
  }

  get loss(): Uint8Array {
    return this.buffer.loss.subarray(this.start, this.end);
  }
}

let shared = new TokenBuffer(0);

function newRow(tokens: number, line: number): TokenRow {
  if (tokens > bufferTokens / 8) return new BufferedRow(new TokenBuffer(tokens), 0, tokens, line);
  if (shared.used + tokens > shared.size) shared = new TokenBuffer(bufferTokens);
  const start = shared.used;
  shared.used += tokens;
  return new BufferedRow(shared, start, shared.used, line);
}

/**
 * Joins spans into a row of at most `maxLength` tokens. What is too long is cut from the left, after the first
 * `keepLeading` tokens; the last target is never cut. `tooLong` is the length that the last target alone would need.
 */
export function fitSpans(spans: readonly TokenSpan[], keepLeading: number, maxLength: number, line: number): FittedRow {
  const lastTarget = spans.findLastIndex((span) => span.isTarget);
  const kept = spans.slice(0, lastTarget + 1);
  const total = kept.reduce((sum, span) => sum + span.ids.length, 0);
  const needed = keepLeading + (kept[lastTarget]?.ids.length ?? 0);
  if (needed > maxLength) return { tooLong: needed };
  const cutTokens = Math.max(0, total - maxLength);
  const row = newRow(total - cutTokens, line);
  const { ids, loss } = row;
  let place = 0;
  let source = 0;
  for (const { ids: spanIds, isTarget } of kept) {
    // A target that the cut goes through is context from there on: its beginning is no longer to be seen.
    const isCutThrough = isTarget && source < keepLeading + cutTokens && cutTokens > 0;
    for (const id of spanIds) {
      const isCut = source >= keepLeading && source < keepLeading + cutTokens;
      source++;
      if (isCut) continue;
      ids[place] = id;
      loss[place] = isTarget && !isCutThrough && place > 0 ? 1 : 0;
      place++;
    }
  }
  return { row, cutTokens };
}
