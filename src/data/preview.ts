// One example as the model will read it: its tokens, with the targets marked.
import { type EncodeOptions, encodeExample } from './encodeExamples.ts';
import type { TextTokenizer } from './tokenizer.ts';
import type { Example, TokenRow } from './types.ts';

export interface PreviewToken {
  id: number;
  text: string;
  /** Carries loss. */
  isTarget: boolean;
  isSpecial: boolean;
}

export interface PreviewRow {
  tokens: PreviewToken[];
  /** Tokens of context that were cut off on the left. */
  cutTokens: number;
}

/** `text` is what the tokens decode to; a conversation or a long text may give more than one row. */
export type Preview = { text: string; rows: PreviewRow[] } | { reason: string };

/** What one example becomes, text and tokens. @internal */
export function previewExample(example: Example, options: EncodeOptions): Preview {
  const { tokenizer, maxLength } = options;
  const fitted = encodeExample(example, options);
  if ('reason' in fitted) return fitted;
  const rows: PreviewRow[] = [];
  for (const one of fitted) {
    if ('tooLong' in one) {
      return { reason: `the target alone needs ${one.tooLong} tokens, the maximum length is ${maxLength}` };
    }
    const tokens = previewTokens(one.row, tokenizer);
    rows.push({ tokens, cutTokens: one.cutTokens });
  }
  return { text: rows.map((row) => tokenizer.decode(row.tokens.map((token) => token.id))).join('\n'), rows };
}

/** The tokens of an encoded row, as they will be trained on. */
export function previewTokens(row: TokenRow, tokenizer: TextTokenizer): PreviewToken[] {
  return Array.from(row.ids, (id, t) => ({
    id,
    text: tokenizer.tokenText(id),
    isTarget: row.loss[t] === 1,
    isSpecial: tokenizer.isSpecial(id),
  }));
}
