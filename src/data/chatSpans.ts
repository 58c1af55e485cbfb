// A conversation → tokens with every assistant turn as a target. A turn's place is found by rendering: the messages
// before it with the generation prompt (what the model will read), then the messages up to it; what the second adds to
// the first is the target, as far as its end token.
import type { ChatTemplate } from './chatTemplate.ts';
import type { TokenSpan } from './encodeRow.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { type ChatMessage, DataError } from './types.ts';

export interface ChatSpans {
  spans: TokenSpan[];
  /**
   * Tokens at the start that a cut must keep: a beginning-of-sequence token that the template writes. (ChatML models
   * name <|im_start|> as bos_token although it opens every turn; such a token is no beginning.)
   */
  keepLeading: number;
}

/** Where an assistant turn stands in the rendered text: `text` ends with the turn, the turn starts at `start`. */
interface Turn {
  text: string;
  start: number;
}

/**
 * One entry holds all assistant turns where the template renders a longer conversation as a continuation of the shorter
 * one; templates that rewrite earlier turns (Qwen3 drops their reasoning) give one entry for each turn.
 */
export function chatSpans(
  messages: readonly ChatMessage[],
  template: ChatTemplate,
  tokenizer: TextTokenizer,
): ChatSpans[] | { reason: string } {
  const turns: Turn[] = [];
  try {
    for (const [index, message] of messages.entries()) {
      if (message.role !== 'assistant') continue;
      if (message.content.trim() === '') return { reason: `message ${index + 1}: the assistant's answer is empty` };
      turns.push(locateTurn(messages.slice(0, index + 1), template));
    }
  } catch (error) {
    if (error instanceof DataError) return { reason: error.message };
    throw error;
  }
  if (turns.length === 0) return { reason: 'no assistant message, so there is no target' };

  const groups: Turn[][] = [];
  for (const turn of turns) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && turn.start >= before.text.length && turn.text.startsWith(before.text)) group.push(turn);
    else groups.push([turn]);
  }
  return groups.map((group) => groupSpans(group, tokenizer));
}

/** Of nobody's: a character for private use. */
const OTHER_ANSWER = '\uf8ff';

function locateTurn(messages: readonly ChatMessage[], template: ChatTemplate): Turn {
  const text = template.render(messages);
  const before = messages.slice(0, -1);
  const prompt = template.render(before, { addGenerationPrompt: true });
  if (text.startsWith(prompt)) return { text, start: prompt.length };
  // A generation prompt that the finished turn does not repeat (an opened <think>, say): the answer starts where another
  // answer would make a difference.
  const other = template.render([...before, { role: 'assistant', content: OTHER_ANSWER }]);
  let start = 0;
  while (start < text.length && text[start] === other[start]) start++;
  if (
    !text
      .slice(start)
      .trimStart()
      .startsWith(messages.at(-1)?.content.trim() ?? '')
  ) {
    throw new DataError(
      `chat template: message ${messages.length} is rendered otherwise than it is written (templates may leave out reasoning)`,
    );
  }
  return { text, start };
}

function groupSpans(turns: readonly Turn[], tokenizer: TextTokenizer): ChatSpans {
  const spans: TokenSpan[] = [];
  let ids: number[] = [];
  let readCharacters = 0;
  /** Tokens that `text` adds to `ids`: seen from its start where that agrees with them, else of the new text alone. */
  const added = (text: string): number[] => {
    const whole = tokenizer.encodeWithoutSpecial(text);
    const isContinued = ids.every((id, i) => whole[i] === id);
    return isContinued ? whole.slice(ids.length) : tokenizer.encodeWithoutSpecial(text.slice(readCharacters));
  };
  const push = (more: number[], isTarget: boolean) => {
    spans.push({ ids: more, isTarget });
    ids = [...ids, ...more];
  };
  for (const [index, { text, start }] of turns.entries()) {
    push(added(text.slice(0, start)), false);
    readCharacters = start;
    const answer = added(text);
    const end = answer.findIndex((id) => tokenizer.stopIds.includes(id));
    const isLast = index === turns.length - 1;
    if (end < 0) push(isLast ? [...answer, tokenizer.eosId] : answer, true);
    else push(answer.slice(0, end + 1), true);
    // What the template writes after the end token is read together with the next turn.
    const rest = end < 0 ? '' : tokenizer.decode(answer.slice(end + 1));
    readCharacters = text.endsWith(rest) ? text.length - rest.length : text.length;
  }
  const first = ids[0];
  const isBeginning = first !== undefined && first === tokenizer.bosId && ids.indexOf(first, 1) < 0;
  return { spans, keepLeading: isBeginning ? 1 : 0 };
}
