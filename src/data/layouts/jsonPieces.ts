// Cuts the elements out of a JSON array, or the members out of an object, without parsing them. Only brackets and
// strings are followed. Strings cannot run over a line's end in JSON, so a missing quote costs its own line only; and a
// new line that opens an object at or left of where the current element began starts the next one, so a missing
// bracket costs its own element only. (The second rule is used only where the text as a whole is not valid JSON.)

/** A stretch of JSON text; `name` is its key within an object, '' within an array. */
export interface JsonPiece {
  name: string;
  text: string;
  /** Where it starts in the whole text. */
  start: number;
  /** Line it starts on, from 1. */
  line: number;
}

/** `start` is the place of the opening bracket. */
export function cutArray(text: string, start: number): JsonPiece[] {
  return cut(text, start, isValid(text)).map((piece) => ({ ...piece, name: '' }));
}

export function cutObject(text: string, start: number): JsonPiece[] {
  return cut(text, start, isValid(text)).flatMap((piece) => {
    const key = /^"((?:[^"\\]|\\.)*)"\s*:\s*/.exec(piece.text);
    if (!key) return [];
    const skipped = key[0].length;
    return [{ name: key[1] ?? '', text: piece.text.slice(skipped), start: piece.start + skipped, line: piece.line }];
  });
}

function isValid(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function cut(text: string, open: number, isWellFormed: boolean): Omit<JsonPiece, 'name'>[] {
  const pieces: Omit<JsonPiece, 'name'>[] = [];
  let line = text.slice(0, open).split('\n').length;
  let lineStart = text.lastIndexOf('\n', open) + 1;
  let depth = 0;
  let isInString = false;
  let start = -1;
  let startLine = 0;
  let startColumn = 0;
  const finish = (end: number) => {
    const piece = start < 0 ? '' : text.slice(start, end).trimEnd();
    if (piece !== '') pieces.push({ text: piece.replace(/,$/, ''), start, line: startLine });
    start = -1;
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
      finish(i);
    } else if ((character === ']' || character === '}') && depth === 0) {
      finish(i);
      return pieces;
    } else if (character !== ' ' && character !== '\t' && character !== '\r') {
      const mayOpenNext = !isWellFormed && depth > 0 && character === '{' && i - lineStart <= startColumn;
      if (mayOpenNext && text.slice(lineStart, i).trim() === '') {
        finish(i);
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
  finish(text.length);
  return pieces;
}
