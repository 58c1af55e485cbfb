// `context||target` lines, as in the LoRA paper's E2E files. The first `||` divides; neither side is trimmed.

import { excerpt, type ParsedRows } from '../types.ts';
import { textLines } from './textLines.ts';

export function parsePairLines(text: string): ParsedRows {
  const parsed: ParsedRows = { columns: ['context', 'target'], rows: [], problems: [] };
  for (const { line, text: content } of textLines(text)) {
    if (content.trim() === '') continue;
    const at = content.indexOf('||');
    if (at < 0) {
      parsed.problems.push({ line, reason: 'no || between context and target', excerpt: excerpt(content) });
      continue;
    }
    parsed.rows.push({ line, values: { context: content.slice(0, at), target: content.slice(at + 2) } });
  }
  return parsed;
}
