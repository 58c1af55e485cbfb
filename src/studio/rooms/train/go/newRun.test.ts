import { describe, expect, it } from 'vitest';
import { contextOf, distinctName } from './newRun.ts';

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

describe('distinctName', () => {
  it('counts on where a name is taken', () => {
    expect(distinctName('SQL, r 8', [])).toBe('SQL, r 8');
    expect(distinctName('SQL, r 8', ['SQL, r 8', 'SQL, r 8 (2)'])).toBe('SQL, r 8 (3)');
  });
});
