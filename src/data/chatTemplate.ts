// A model's chat template (Jinja), rendered as transformers' apply_chat_template renders it: blocks trimmed, the
// conversation as `messages`, special tokens by name, `add_generation_prompt`, raise_exception, strftime_now, tojson.
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { fixStripCalls, stripGlobals } from './chatTemplateFixes.ts';
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
  return {
    render(messages, { addGenerationPrompt = false } = {}) {
      const environment = new Environment();
      const variables = {
        ...globals,
        strftime_now: (format: string) => strftime(now(), format),
        ...tokenizer.namedTokens,
        messages: messages.map(({ role, content }) => ({ role, content })),
        tools: null,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
      };
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      try {
        return String(new Interpreter(environment).run(program).value);
      } catch (error) {
        throw new DataError(`chat template: ${messageOf(error)}`);
      }
    },
  };
}

/** What every template may use. Not the library's own, because its strftime_now follows the reader's language. */
const globals = {
  ...stripGlobals,
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  raise_exception: (message: string) => {
    throw new DataError(message);
  },
  range(first: number, second?: number, step = 1): number[] {
    const [start, stop] = second === undefined ? [0, first] : [first, second];
    return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
  },
};

function parseTemplate(source: string) {
  try {
    const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
    fixStripCalls(program);
    return program;
  } catch (error) {
    throw new DataError(`chat template: cannot be read: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
