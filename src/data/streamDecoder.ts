// Text as it is generated, token by token. A character may be spread over several tokens, and some decoders treat the
// first token of a text specially, so text is always decoded together with what stands before it, and held back while
// its end is an unfinished character (the way of Rust tokenizers' DecodeStream).
import type { TextTokenizer } from './tokenizer.ts';

export interface StreamDecoder {
  /** The text that became certain with this token; may be empty. */
  push(id: number): string;
  /** What was held back. */
  flush(): string;
}

/** A UTF-8 character has at most 4 bytes: after more tokens than that an invalid byte sequence is let through. */
const mostHeldBack = 8;

export function streamDecoder(tokenizer: TextTokenizer, options: { skipSpecial?: boolean } = {}): StreamDecoder {
  let before: number[] = [];
  let pending: number[] = [];
  const decodePending = () => {
    const lead = tokenizer.decode(before, options);
    return tokenizer.decode([...before, ...pending], options).slice(lead.length);
  };
  const release = (text: string) => {
    before = pending;
    pending = [];
    return text;
  };
  return {
    push(id) {
      pending.push(id);
      const text = decodePending();
      if (text === '' || (text.endsWith('\uFFFD') && pending.length < mostHeldBack)) return '';
      return release(text);
    },
    flush: () => release(decodePending()),
  };
}
