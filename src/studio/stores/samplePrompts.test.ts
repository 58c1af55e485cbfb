import { describe, expect, it } from 'vitest';
import { contextOf } from './samplePrompts.ts';

const row = (texts: string[]) => ({
  line: 1,
  tokens: [...texts.map((text, id) => ({ text, id, isTarget: false })), { text: 'answer', id: 99, isTarget: true }],
});

describe('contextOf', () => {
  it('leaves out the target and the start that the tokenizer adds by itself', () => {
    expect(contextOf(row(['<s>', 'how', ' many', '?\n']), true)).toBe('how many?\n');
    expect(contextOf(row(['how', ' many', '?\n']), true)).toBe('how many?\n');
  });

  it('keeps what a chat template begins with', () => {
    expect(contextOf(row(['<|im_start|>', 'user\n']), false)).toBe('<|im_start|>user\n');
  });
});
