// The two ways that conversations are written: OpenAI's `messages` [{role, content}] and ShareGPT's `conversations`
// [{from, value}]. A cell may also hold either as JSON text, as tables do.
import { isObject } from './layouts/jsonRow.ts';
import { type ChatMessage, DataError } from './types.ts';

/** ShareGPT's speakers, and other names in use, as the roles that chat templates know. */
const roleOf: Record<string, string> = {
  human: 'user',
  gpt: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
  bot: 'assistant',
  model: 'assistant',
};

/** Throws DataError, naming the message by number, when the cell is not a conversation. */
export function messagesOf(cell: unknown, column: string): ChatMessage[] {
  const list = typeof cell === 'string' ? parsedList(cell, column) : cell;
  if (list === undefined || list === null) throw new DataError(`column "${column}" is missing`);
  if (!Array.isArray(list)) throw new DataError(`column "${column}" is not a list of messages`);
  if (list.length === 0) throw new DataError(`column "${column}" has no messages`);
  return list.map((message: unknown, index) => {
    if (!isObject(message)) throw new DataError(`message ${index + 1} is not an object with role and content`);
    const role = message.role ?? message.from;
    const content = contentText(message.content ?? message.value);
    if (typeof role !== 'string') throw new DataError(`message ${index + 1} has no role`);
    if (callsTool(message)) throw new DataError(`message ${index + 1} (${role}) calls a tool, which is not supported`);
    if (content === undefined) throw new DataError(`message ${index + 1} (${role}) is not text`);
    const known = role.toLowerCase();
    return { role: roleOf[known] ?? known, content };
  });
}

/** Whether a cell is a list of messages, whatever its column is called. */
export function isMessageList(cell: unknown): boolean {
  const isMessage = (one: unknown) =>
    isObject(one) &&
    typeof (one.role ?? one.from) === 'string' &&
    contentText(one.content ?? one.value) !== undefined &&
    !callsTool(one);
  return Array.isArray(cell) && cell.length > 0 && cell.every(isMessage);
}

/** Its text alone would not be what the assistant said. */
function callsTool({ tool_calls: calls, function_call: call }: Record<string, unknown>): boolean {
  return (Array.isArray(calls) && calls.length > 0) || isObject(call);
}

/** Text, or a list of parts of type text. */
function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: unknown) =>
    isObject(part) && typeof part.text === 'string' ? part.text : undefined,
  );
  return texts.includes(undefined) ? undefined : texts.join('');
}

function parsedList(text: string, column: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DataError(`column "${column}" is text, but not a JSON list of messages`);
  }
}
