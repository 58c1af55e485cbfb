// Plain text: one row for each paragraph where blank lines part them, else one for each line.
import type { Row } from '../types.ts';
import { textLines } from './textLines.ts';

export function* plainText(text: string): Generator<Row> {
  const hasParagraphs = /\S[ \t]*\r?\n[ \t]*\r?\n\s*\S/.test(text);
  let paragraph: string[] = [];
  let firstLine = 1;
  for (const { line, text: content } of textLines(text)) {
    const isBlank = content.trim() === '';
    if (paragraph.length > 0 && (isBlank || !hasParagraphs)) {
      yield { line: firstLine, values: { text: paragraph.join('\n') } };
      paragraph = [];
    }
    if (isBlank) continue;
    if (paragraph.length === 0) firstLine = line;
    paragraph.push(content);
  }
  if (paragraph.length > 0) yield { line: firstLine, values: { text: paragraph.join('\n') } };
}
