// Tokens that are found in a text before anything else is done to it, or, where they are `normalized`, after it was
// normalized. Source: huggingface/tokenizers, `tokenizers/src/tokenizer/added_vocabulary.rs`.
import { z } from 'zod';
import type { Normalize } from './normalizers.ts';
import { SPACE, WORD } from './patterns.ts';

export const addedTokenSchema = z.looseObject({
  id: z.int().min(0),
  content: z.string(),
  special: z.boolean().default(false),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().nullish(),
});
export type AddedToken = z.infer<typeof addedTokenSchema>;

/** A token of a text, or what is left between them. */
export type Section = { readonly id: number } | { readonly text: string; readonly start: number };

export interface AddedTokens {
  /** The text in sections: tokens found, and normalized text between. `start`: 0 only where the text begins. */
  split(text: string): Section[];
  /** By id: the text that decoding gives. */
  readonly contents: ReadonlyMap<number, string>;
}

export function addedTokensOf(tokens: readonly AddedToken[], normalize: Normalize): AddedTokens {
  const isNormalized = ({ normalized, special }: AddedToken) => normalized ?? !special;
  const contents = new Map(
    tokens.map((token) => [token.id, isNormalized(token) ? normalize(token.content) : token.content]),
  );
  const splitterOf = (some: readonly AddedToken[]) =>
    splitter(some.map((token) => ({ ...token, content: contents.get(token.id) ?? '' })));
  const raw = splitterOf(tokens.filter((token) => !isNormalized(token)));
  const normalized = splitterOf(tokens.filter(isNormalized));
  return {
    contents,
    split: (text) =>
      raw(text).flatMap((section): Section[] => {
        if ('id' in section) return [section];
        const { start } = section;
        return normalized(normalize(section.text)).map((part) =>
          'id' in part ? part : { text: part.text, start: start + part.start },
        );
      }),
  };
}

const ENDS_WITH_WORD = new RegExp(`[${WORD}]$`, 'u');
const STARTS_WITH_WORD = new RegExp(`^[${WORD}]`, 'u');
const IS_SPACE = new RegExp(SPACE, 'u');

interface Node {
  readonly next: Map<string, Node>;
  token?: AddedToken;
}

/** The leftmost token, the longest of those that begin there, and so on. */
function splitter(tokens: readonly AddedToken[]): (text: string) => Section[] {
  const root: Node = { next: new Map() };
  for (const token of tokens) {
    if (token.content === '') continue;
    let node = root;
    for (let i = 0; i < token.content.length; i++) {
      const unit = token.content.charAt(i);
      const next: Node = node.next.get(unit) ?? { next: new Map() };
      node.next.set(unit, next);
      node = next;
    }
    node.token ??= token;
  }
  const longestAt = (text: string, at: number): AddedToken | undefined => {
    let found: AddedToken | undefined;
    let node: Node | undefined = root;
    for (let i = at; node && i <= text.length; i++) {
      found = node.token ?? found;
      node = node.next.get(text.charAt(i));
    }
    return found;
  };
  if (root.next.size === 0) return (text) => (text === '' ? [] : [{ text, start: 0 }]);
  const firstUnits = new RegExp(`[${Array.from(root.next.keys(), escapedUnit).join('')}]`, 'g');
  const nextStart = (text: string, from: number) => {
    firstUnits.lastIndex = from;
    return firstUnits.exec(text)?.index ?? text.length;
  };
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (let at = nextStart(text, 0); at < text.length; at = nextStart(text, at)) {
      const token = longestAt(text, at);
      if (!token) {
        at++;
        continue;
      }
      let [start, end] = [at, at + token.content.length];
      at = end;
      if (token.single_word && isInWord(text, start, end)) continue;
      if (token.lstrip) while (start > done && IS_SPACE.test(text.charAt(start - 1))) start--;
      if (token.rstrip) while (end < text.length && IS_SPACE.test(text.charAt(end))) end++;
      if (start > done) sections.push({ text: text.slice(done, start), start: done });
      sections.push({ id: token.id });
      done = end;
      at = Math.max(at, end);
    }
    if (done < text.length) sections.push({ text: text.slice(done), start: done });
    return sections;
  };
}

const escapedUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Whether a word goes on over an edge of [start, end). */
function isInWord(text: string, start: number, end: number): boolean {
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) || STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}
