// JSONL: one JSON object on each line; a comma after it does no harm.

import type { ParsedRows } from '../types.ts';
import { parsedRow } from './jsonRow.ts';
import { rowCollector } from './rowCollector.ts';
import { textLines } from './textLines.ts';

export function parseJsonLines(text: string): ParsedRows {
  const collector = rowCollector();
  for (const { line, text: content } of textLines(text)) {
    if (content.trim() === '') continue;
    collector.add(line, content, parsedRow(content.trimEnd().replace(/,$/, '')));
  }
  return collector.finish();
}
