// A prompt as tokens.
import { chatTemplateOf } from './chatTemplate.ts';
import type { TextTokenizer } from './tokenizer.ts';
import { DataError } from './types.ts';

/** With `useChatTemplate` the text is a user's message, and the answer is the assistant's turn. Throws DataError. */
export function promptIds(tokenizer: TextTokenizer, prompt: string, useChatTemplate: boolean): number[] {
  if (!useChatTemplate) return tokenizer.encode(prompt);
  const template = chatTemplateOf(tokenizer);
  if (!template) throw new DataError('This model has no chat template; ask without it.');
  const text = template.render([{ role: 'user', content: prompt }], { addGenerationPrompt: true });
  return tokenizer.encodeWithoutSpecial(text);
}

/** A prompt that is rendered already: under a chat template its special tokens stand in the text. */
export function renderedPromptIds(tokenizer: TextTokenizer, text: string, isChat: boolean): number[] {
  return isChat ? tokenizer.encodeWithoutSpecial(text) : tokenizer.encode(text);
}

export function answerText(tokenizer: TextTokenizer, ids: readonly number[]): string {
  return tokenizer.decode(ids, { skipSpecial: true });
}
