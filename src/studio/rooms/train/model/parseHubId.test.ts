import { expect, test } from 'vitest';
import { parseHubId, revisionOf } from './parseHubId.ts';

test.each([
  ['Qwen/Qwen3-0.6B', { repo: 'Qwen/Qwen3-0.6B' }],
  [' gpt2 ', { repo: 'gpt2' }],
  ['huggingface.co/a/b', { repo: 'a/b' }],
  ['https://huggingface.co/a/b/', { repo: 'a/b' }],
  ['https://huggingface.co/a/b?library=peft', { repo: 'a/b' }],
  ['https://hf.co/a/b#files', { repo: 'a/b' }],
  ['https://huggingface.co/a/b/tree/main', { repo: 'a/b' }],
  ['https://huggingface.co/a/b/tree/v2.0/onnx', { repo: 'a/b', revision: 'v2.0' }],
  ['https://huggingface.co/a/b/blob/refs%2Fpr%2F1/config.json?x=1', { repo: 'a/b', revision: 'refs/pr/1' }],
  ['https://huggingface.co/a/b/discussions/3', { repo: 'a/b' }],
])('%s', (text, parsed) => expect(parseHubId(text)).toEqual(parsed));

test.each(['', 'a b', 'https://other.example/a/b', 'ü/b', '/'])('refuses %j', (text) => {
  expect(parseHubId(text)).toHaveProperty('error');
});

test('a revision that was typed comes before that of the address', () => {
  const parsed = { revision: 'v2' };
  expect([revisionOf('', parsed), revisionOf('main', parsed), revisionOf(' v1 ', parsed)]).toEqual(['v2', 'v2', 'v1']);
  expect(revisionOf('', {})).toBe('main');
});
