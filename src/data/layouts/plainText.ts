// Plain text: one row for each paragraph where blank lines part them, else one for each line.
import type { ParsedRows } from '../types.ts';
import { textLines } from './textLines.ts';

export function parsePlainText(text: string): ParsedRows {
  const hasParagraphs = /\S[ \t]*\r?\n[ \t]*\r?\n\s*\S/.test(text);
  const parsed: ParsedRows = { columns: ['text'], rows: [], problems: [] };
  let paragraph: string[] = [];
  let firstLine = 1;
  const finish = () => {
    if (paragraph.length > 0) parsed.rows.push({ line: firstLine, values: { text: paragraph.join('\n') } });
    paragraph = [];
  };
  for (const { line, text: content } of textLines(text)) {
    if (content.trim() === '') {
      finish();
      continue;
    }
    if (paragraph.length === 0) firstLine = line;
    paragraph.push(content);
    if (!hasParagraphs) finish();
  }
  finish();
  return parsed;
}
