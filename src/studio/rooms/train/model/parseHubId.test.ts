import { describe, expect, it } from 'vitest';
import { parseHubId } from './parseHubId.ts';

describe('parseHubId', () => {
  it.each([
    ['gpt2', 'gpt2'],
    [' HuggingFaceTB/SmolLM2-135M-Instruct ', 'HuggingFaceTB/SmolLM2-135M-Instruct'],
    ['https://huggingface.co/Qwen/Qwen3-0.6B/tree/main', 'Qwen/Qwen3-0.6B'],
    ['hf.co/Qwen/Qwen3-0.6B', 'Qwen/Qwen3-0.6B'],
  ])('reads %j', (text, repo) => expect(parseHubId(text)).toEqual({ repo }));

  it.each(['', 'two words', 'https://example.com/a/b'])('refuses %j with an example', (text) => {
    expect(parseHubId(text)).toEqual({ error: expect.stringContaining('HuggingFaceTB/SmolLM2-135M-Instruct') });
  });
});
