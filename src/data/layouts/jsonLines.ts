// JSONL: one JSON object on each line; a comma after it does no harm.

import type { Row, RowProblem } from '../types.ts';
import { jsonRow } from './jsonRow.ts';
import { textLines } from './textLines.ts';

export function* jsonLines(text: string): Generator<Row | RowProblem> {
  for (const { line, text: content } of textLines(text)) {
    if (content.trim() !== '') yield jsonRow(line, content.trimEnd().replace(/,$/, ''));
  }
}
