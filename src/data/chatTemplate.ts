// A model's chat template (Jinja), rendered as transformers' apply_chat_template renders it: blocks trimmed, the
// conversation as `messages`, special tokens by name, `add_generation_prompt`, raise_exception, strftime_now, tojson.
import { parse } from './jinja/parser.ts';
import { GLOBALS, render } from './jinja/render.ts';
import type { Statement } from './jinja/syntax.ts';
import { fromJs, JinjaError, textOf, type Value } from './jinja/values.ts';
import { strftime } from './strftime.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { type ChatMessage, DataError } from './types.ts';

export interface ChatTemplate {
  /**
   * The conversation as one string, special tokens written out; encode it without adding any.
   * `addGenerationPrompt` appends what comes before an assistant's answer. Throws DataError with the template's own
   * message when it refuses the conversation.
   */
  render(messages: readonly ChatMessage[], options?: { addGenerationPrompt?: boolean }): string;
}

/** undefined when the model has no chat template. `now` is what strftime_now tells (Llama 3 writes the date). */
export function chatTemplateOf(
  tokenizer: Pick<TextTokenizer, 'chatTemplate' | 'namedTokens'>,
  now: () => Date = () => new Date(),
): ChatTemplate | undefined {
  if (tokenizer.chatTemplate === undefined) return undefined;
  const program = parseTemplate(tokenizer.chatTemplate);
  const known: Record<string, Value> = {
    ...GLOBALS,
    raise_exception: ([message = '']) => {
      throw new JinjaError(textOf(message));
    },
    strftime_now: ([format = '']) => strftime(now(), textOf(format)),
    ...tokenizer.namedTokens,
    tools: null,
    documents: null,
  };
  const globals = Object.entries(known);
  return {
    render(messages, { addGenerationPrompt = false } = {}) {
      const variables = new Map(globals)
        .set('messages', fromJs(messages.map(({ role, content }) => ({ role, content }))))
        .set('add_generation_prompt', addGenerationPrompt);
      return withTemplateErrors('chat template', () => render(program, variables));
    },
  };
}

function parseTemplate(source: string): Statement[] {
  return withTemplateErrors('chat template: cannot be read', () => parse(source));
}

function withTemplateErrors<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof JinjaError) throw new DataError(`${what}: ${error.message}`);
    throw error;
  }
}
