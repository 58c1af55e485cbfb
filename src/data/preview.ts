// A row as the model will read it: its tokens, with the targets marked.
import type { TextTokenizer } from './tokenizer.ts';
import type { TokenRow } from './types.ts';

export interface PreviewToken {
  id: number;
  text: string;
  /** Carries loss. */
  isTarget: boolean;
}

export function previewTokens({ ids, loss }: TokenRow, tokenizer: TextTokenizer): PreviewToken[] {
  return Array.from(ids, (id, t) => ({ id, text: tokenizer.tokenText(id), isTarget: loss[t] === 1 }));
}
