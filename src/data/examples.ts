// Rows → examples: the mapped columns checked to be text, the prompt rendered.
import { cellText, optionalText } from './cellText.ts';
import { isMessageList, messagesOf } from './chatMessages.ts';
import type { ColumnMapping } from './mapping.ts';
import type { PromptTemplate } from './template.ts';
import { type Chat, DataError, type Example, excerpt, type Row } from './types.ts';

/**
 * How a pair's prompt is made: by a template, or by the model's chat template with the context as the user's message
 * and the target as the assistant's.
 */
export type Prompting = { kind: 'template'; template: PromptTemplate } | { kind: 'chat' };

/** Makes an example of a row; throws DataError for a row that cannot be one. `prompting` matters for pairs only. */
export function exampleMaker(mapping: ColumnMapping, prompting: Prompting): (row: Row) => Example {
  return (row) => makeExample(row, mapping, prompting);
}

function makeExample(row: Row, mapping: ColumnMapping, prompting: Prompting): Example {
  const { line, values } = row;
  switch (mapping.kind) {
    case 'pairs': {
      if (isMessageList(values[mapping.context]) && isMessageList(values[mapping.target])) {
        const sides = [mapping.context, mapping.target].flatMap((column) => messagesOf(values[column], column));
        return chatExample(withSystem(sides, row, mapping), line);
      }
      const context = cellText(values, mapping.context);
      const target = cellText(values, mapping.target);
      if (target.trim() === '') throw new DataError('the target is empty');
      if (prompting.kind === 'template')
        return { kind: 'pair', context, prompt: prompting.template(values), target, line };
      const input = mapping.input === undefined ? '' : optionalText(values, mapping.input);
      const content = input === '' ? context : `${context}\n\n${input}`;
      const pair = [
        { role: 'user', content },
        { role: 'assistant', content: target },
      ];
      return chatExample(withSystem(pair, row, mapping), line);
    }
    case 'chat':
      return chatExample(withSystem(messagesOf(values[mapping.column], mapping.column), row, mapping), line);
    case 'text': {
      const text = cellText(values, mapping.column);
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

/** Opens a conversation with the row's own system prompt, where a column of that name, read as nothing else, has one. */
function withSystem(messages: Chat['messages'], { values }: Row, mapping: ColumnMapping): Chat['messages'] {
  const { system } = values;
  const isElse = mapping.kind === 'pairs' && [mapping.context, mapping.target, mapping.input].includes('system');
  if (typeof system !== 'string' || system.trim() === '' || isElse || messages[0]?.role === 'system') return messages;
  return [{ role: 'system', content: system }, ...messages];
}

/** A row's cells in short, for the problem list. */
export function rowExcerpt(row: Row): string {
  const shown = Object.entries(row.values).map(([name, cell]) => {
    const isPlain = typeof cell !== 'object' || cell === null;
    return `${name}: ${isPlain ? String(cell) : Array.isArray(cell) ? '[…]' : '{…}'}`;
  });
  return excerpt(shown.join(' | '));
}
