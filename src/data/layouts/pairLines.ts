// `context||target` lines, as in the LoRA paper's E2E files. The first `||` divides; neither side is trimmed.

import { excerpt, type Row, type RowProblem } from '../types.ts';
import { textLines } from './textLines.ts';

export function* pairLines(text: string): Generator<Row | RowProblem> {
  for (const { line, text: content } of textLines(text)) {
    if (content.trim() === '') continue;
    const at = content.indexOf('||');
    if (at < 0) yield { line, reason: 'no || between context and target', excerpt: excerpt(content) };
    else yield { line, values: { context: content.slice(0, at), target: content.slice(at + 2) } };
  }
}
