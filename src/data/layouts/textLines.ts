export interface TextLine {
  /** From 1. */
  line: number;
  /** Without its line ending. */
  text: string;
}

/** Lines of a text, one at a time; \n and \r\n end them. */
export function* textLines(text: string): Generator<TextLine> {
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    const newline = text.indexOf('\n', start);
    const next = newline < 0 ? text.length : newline;
    const end = newline > start && text[newline - 1] === '\r' ? newline - 1 : next;
    yield { line, text: text.slice(start, end) };
    start = next + 1;
  }
}
