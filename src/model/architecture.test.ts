import { expect, test } from 'vitest';
import { architectureOf } from './architecture.ts';

const SIZES = { vocab_size: 99, hidden_size: 64, num_hidden_layers: 3, num_attention_heads: 16, intermediate_size: 40 };
const of = (model_type: string, more: object = {}) => architectureOf({ ...SIZES, model_type, ...more });

// Defaults are those of transformers' LlamaConfig, MistralConfig, Qwen2Config and Qwen3Config.
test.each([
  ['llama', 2048, 16, undefined],
  ['mistral', 131_072, 8, 4096],
  ['qwen2', 32_768, 16, undefined],
  ['qwen3', 32_768, 16, undefined],
])('%s: what a config.json leaves out', (modelType, maxPositions, kvHeads, slidingWindow) => {
  const a = of(modelType);
  expect([a.maxPositions, a.kvHeads, a.slidingWindow]).toEqual([maxPositions, kvHeads, slidingWindow]);
});

test('mistral: null is no window, and as many key–value heads as heads', () => {
  const a = of('mistral', { num_key_value_heads: null, sliding_window: null });
  expect([a.kvHeads, a.slidingWindow]).toEqual([16, undefined]);
});

test.each([
  ['not asked for', { sliding_window: 9 }, undefined],
  ['from a layer that is not there', { use_sliding_window: true, sliding_window: 9 }, undefined],
  ['from the first layer', { use_sliding_window: true, sliding_window: 9, max_window_layers: 0 }, 9],
  ['as wide as the positions', { use_sliding_window: true, sliding_window: 32_768, max_window_layers: 1 }, undefined],
  [
    'in every layer',
    { use_sliding_window: true, sliding_window: 9, layer_types: Array(3).fill('sliding_attention') },
    9,
  ],
])('qwen2: a sliding window %s', (_, config, window) => {
  expect(of('qwen2', config).slidingWindow).toBe(window);
});

test('qwen2: a window in some layers is refused by the field that says so', () => {
  const some = { use_sliding_window: true, sliding_window: 9, max_window_layers: 2 };
  expect(() => of('qwen2', some)).toThrow('config.json: max_window_layers: a sliding window in 1 of 3 layers');
  const layer_types = ['full_attention', 'sliding_attention', 'sliding_attention'];
  expect(() => of('qwen3', { ...some, layer_types })).toThrow('config.json: layer_types: a sliding window in 2 of 3');
});

test('dynamic rotary scaling is none within the positions', () => {
  const rope_scaling = { type: 'dynamic', factor: 4 };
  expect(of('llama', { rope_scaling, rope_theta: 500 }).rotary).toEqual({ headDim: 4, theta: 500, type: 'default' });
});
