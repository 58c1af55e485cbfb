import { expect, test } from 'vitest';
import { parseRepoId } from './hub.ts';
import { SHELF } from './shelf.ts';

/** Parameters from the published configurations. */
const llama = (v: number, d: number, ff: number, l: number, kv: number, tied: boolean) =>
  v * d * (tied ? 1 : 2) + l * (2 * d * d + 2 * d * kv + 3 * d * ff + 2 * d) + d;
const gpt2 = (l: number) => 50_257 * 768 + 1024 * 768 + l * (12 * 768 * 768 + 13 * 768) + 2 * 768;

const counts: Record<string, { parameters: number; storedBesides?: number }> = {
  'HuggingFaceTB/SmolLM2-135M-Instruct': { parameters: llama(49_152, 576, 1536, 30, 192, true) },
  'HuggingFaceTB/SmolLM2-360M-Instruct': { parameters: llama(49_152, 960, 2560, 32, 320, true) },
  'Qwen/Qwen2.5-0.5B-Instruct': { parameters: llama(151_936, 896, 4864, 24, 128, true) + 24 * (896 + 2 * 128) },
  // Heads of 128 for a hidden size of 1024: q and o are twice as wide, and q and k have norms.
  'Qwen/Qwen3-0.6B': {
    parameters: llama(151_936, 1024, 3072, 28, 1024, true) + 28 * (2 * 1024 * 1024 + 2 * 128),
    storedBesides: 151_936 * 1024,
  },
  'meta-llama/Llama-3.2-1B-Instruct': { parameters: llama(128_256, 2048, 8192, 16, 512, true) },
  'TinyLlama/TinyLlama-1.1B-Chat-v1.0': { parameters: llama(32_000, 2048, 5632, 22, 256, false) },
  'distilbert/distilgpt2': { parameters: gpt2(6), storedBesides: 6 * 1024 * 1024 },
  'openai-community/gpt2': { parameters: gpt2(12), storedBesides: 12 * 1024 * 1024 },
};

test.each(SHELF)('$repo: parameters follow from its configuration, and the download from them', (entry) => {
  const { parameters, storedBesides = 0 } = counts[entry.repo] ?? expect.fail();
  expect(parseRepoId(entry.repo)).toBe(entry.repo);
  expect(entry.parameters).toBe(parameters);
  const headerBytes = entry.downloadBytes - (parameters + storedBesides) * (entry.storedDtype === 'F32' ? 4 : 2);
  expect(headerBytes).toBeGreaterThan(5_000);
  expect(headerBytes).toBeLessThan(60_000);
});
