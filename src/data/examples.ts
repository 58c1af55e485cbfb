// Rows → examples: the mapped columns checked to be text, the prompt rendered. A row that cannot be one is listed.
import { messagesOf } from './chatMessages.ts';
import type { ColumnMapping } from './mapping.ts';
import type { PromptTemplate } from './template.ts';
import { type Chat, DataError, type Example, excerpt, type ParsedRows, type Row, type RowProblem } from './types.ts';

/**
 * How a pair's prompt is made: by a template, or by the model's chat template with the context as the user's message
 * and the target as the assistant's.
 */
export type Prompting = { kind: 'template'; template: PromptTemplate } | { kind: 'chat' };

export interface Examples {
  examples: Example[];
  problems: RowProblem[];
}

/** Never throws for a bad row. `prompting` matters for pairs only. */
export function makeExamples(parsed: ParsedRows, mapping: ColumnMapping, prompting: Prompting): Examples {
  const examples: Example[] = [];
  const problems: RowProblem[] = [];
  for (const row of parsed.rows) {
    try {
      examples.push(makeExample(row, mapping, prompting));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      problems.push({ line: row.line, reason: error.message, excerpt: rowExcerpt(row) });
    }
  }
  return { examples, problems };
}

function makeExample(row: Row, mapping: ColumnMapping, prompting: Prompting): Example {
  const { line, values } = row;
  switch (mapping.kind) {
    case 'pairs': {
      const context = textCell(values, mapping.context);
      const target = textCell(values, mapping.target);
      if (target.trim() === '') throw new DataError('the target is empty');
      if (prompting.kind === 'template')
        return { kind: 'pair', context, prompt: prompting.template(values), target, line };
      const input = mapping.input === undefined ? '' : (values[mapping.input] ?? '');
      if (typeof input !== 'string') throw new DataError(`column "${mapping.input}" is not text`);
      const content = input === '' ? context : `${context}\n\n${input}`;
      return chatExample(
        [
          { role: 'user', content },
          { role: 'assistant', content: target },
        ],
        line,
      );
    }
    case 'chat':
      return chatExample(messagesOf(values[mapping.column], mapping.column), line);
    case 'text': {
      const text = textCell(values, mapping.column);
      if (text.trim() === '') throw new DataError('the text is empty');
      return { kind: 'text', context: text, line };
    }
    default:
      return mapping satisfies never;
  }
}

function chatExample(messages: Chat['messages'], line: number): Chat {
  const lastAnswer = messages.findLastIndex((message) => message.role === 'assistant');
  if (lastAnswer < 0) throw new DataError('no assistant message, so there is no target');
  const before = messages.slice(0, lastAnswer);
  return { kind: 'chat', context: before.map(({ role, content }) => `${role}: ${content}`).join('\n'), messages, line };
}

function textCell(values: Record<string, unknown>, column: string): string {
  const cell = values[column];
  if (typeof cell === 'string') return cell;
  if (cell === undefined || cell === null) throw new DataError(`column "${column}" is missing`);
  const kind = Array.isArray(cell) ? 'a list' : typeof cell === 'object' ? 'an object' : `a ${typeof cell}`;
  throw new DataError(`column "${column}" is not text but ${kind}`);
}

function rowExcerpt(row: Row): string {
  const shown = Object.entries(row.values).map(([name, cell]) => {
    const isPlain = typeof cell !== 'object' || cell === null;
    return `${name}: ${isPlain ? String(cell) : Array.isArray(cell) ? '[…]' : '{…}'}`;
  });
  return excerpt(shown.join(' | '));
}
