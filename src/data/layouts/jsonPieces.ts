// Cuts the elements out of a JSON array, or the members out of an object, without parsing them. Only brackets and
// strings are followed. Strings cannot run over a line's end in JSON, so a missing quote costs its own line only; and in
// broken text a new line that opens an object at or left of where the current element began starts the next one, so a
// missing bracket costs its own element only.

/** A stretch of JSON text. */
export interface JsonPiece {
  text: string;
  /** Where it starts in the whole text. */
  start: number;
  /** Line it starts on, from 1. */
  line: number;
}

/** A member of an object: its key, and its value's text. */
export type JsonMember = JsonPiece & { name: string };

export function cutObject(text: string, open: number, isBroken: boolean): JsonMember[] {
  return [...cutPieces(text, open, isBroken)].flatMap((piece) => {
    const key = /^"((?:[^"\\]|\\.)*)"\s*:\s*/.exec(piece.text);
    if (!key) return [];
    const skipped = key[0].length;
    return [{ name: key[1] ?? '', text: piece.text.slice(skipped), start: piece.start + skipped, line: piece.line }];
  });
}

/** `open`: the place of the opening bracket. Returns whether the bracket that closes it is there. */
export function* cutPieces(text: string, open: number, isBroken: boolean): Generator<JsonPiece, boolean> {
  let line = text.slice(0, open).split('\n').length;
  let lineStart = text.lastIndexOf('\n', open) + 1;
  let depth = 0;
  let isInString = false;
  let start = -1;
  let startLine = 0;
  let startColumn = 0;
  const piece = (end: number): JsonPiece[] => {
    const content = start < 0 ? '' : text.slice(start, end).trimEnd().replace(/,$/, '');
    const found = content === '' ? [] : [{ text: content, start, line: startLine }];
    start = -1;
    return found;
  };
  for (let i = open + 1; i < text.length; i++) {
    const character = text[i];
    if (character === '\n') {
      line++;
      lineStart = i + 1;
      isInString = false;
    } else if (isInString) {
      if (character === '\\') i += text[i + 1] === '\n' ? 0 : 1;
      else if (character === '"') isInString = false;
    } else if (character === ',' && depth === 0) {
      yield* piece(i);
    } else if ((character === ']' || character === '}') && depth === 0) {
      yield* piece(i);
      return true;
    } else if (character !== ' ' && character !== '\t' && character !== '\r') {
      const mayOpenNext = isBroken && depth > 0 && character === '{' && i - lineStart <= startColumn;
      if (mayOpenNext && text.slice(lineStart, i).trim() === '') {
        yield* piece(i);
        depth = 0;
      }
      if (start < 0) {
        start = i;
        startLine = line;
        startColumn = i - lineStart;
      }
      if (character === '"') isInString = true;
      else if (character === '{' || character === '[') depth++;
      else if (character === '}' || character === ']') depth--;
    }
  }
  yield* piece(text.length);
  return false;
}
