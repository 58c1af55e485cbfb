import { expect, test } from 'vitest';
import { ggufConfig, ggufShapeOf } from './ggufConfig.ts';
import type { GgufValue } from './ggufCursor.ts';
import { GgufMetadata } from './ggufMetadata.ts';
import { ropeScalingOf } from './ggufRope.ts';
import type { StoredInfo } from './weightFiles.ts';

type Entries = Record<string, GgufValue>;

const LLAMA: Entries = {
  'general.architecture': 'llama',
  'llama.block_count': 2,
  'llama.embedding_length': 64,
  'llama.feed_forward_length': 96,
  'llama.context_length': 4096,
  'llama.attention.head_count': 4,
  'llama.attention.layer_norm_rms_epsilon': Math.fround(1e-5),
};

const metadataOf = (entries: Entries) => new GgufMetadata('x.gguf', new Map(Object.entries({ ...LLAMA, ...entries })));
const tensorsOf = (...named: [string, readonly number[]][]) =>
  new Map<string, StoredInfo>(
    named.map(([name, shape]) => [name, { name, dtype: 'F32', shape, offset: 0, sizeBytes: 4 }]),
  );
const EMBEDDING: [string, readonly number[]] = ['token_embd.weight', [300, 64]];

test('a file that says little gets the defaults of llama.cpp', () => {
  expect(ggufConfig(metadataOf({}), tensorsOf(EMBEDDING), undefined)).toEqual({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: 300,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    head_dim: 16,
    hidden_act: 'silu',
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: null,
    pad_token_id: null,
  });
});

test('biases, a head of its own and a window are told by tensors and keys', () => {
  const tensors = tensorsOf(EMBEDDING, ['output.weight', [300, 64]], ['blk.0.attn_q.bias', [64]]);
  const config = ggufConfig(metadataOf({ 'llama.attention.sliding_window': 1024 }), tensors, undefined);
  expect(config).toMatchObject({ model_type: 'mistral', sliding_window: 1024 });
  expect(config).toMatchObject({ tie_word_embeddings: false, attention_bias: true, mlp_bias: false });
});

test('sizes given for each layer must be equal', () => {
  expect(ggufShapeOf(metadataOf({ 'llama.attention.head_count_kv': Int32Array.of(2, 2) })).kvHeads).toBe(2);
  const uneven = metadataOf({ 'llama.attention.head_count_kv': Int32Array.of(2, 4) });
  expect(() => ggufShapeOf(uneven)).toThrow('llama.attention.head_count_kv: layers of different sizes');
});

test.each<[Entries, string]>([
  [{ 'general.architecture': 'gemma3' }, '"gemma3" is not supported'],
  [{ 'general.architecture': 7 }, 'general.architecture: expected text, got 7'],
  [{ 'general.type': 'adapter' }, 'general.type: this is a LoRA adapter, not a model'],
  [{ 'general.type': 'mmproj' }, 'general.type: this GGUF file is no model but a part: "mmproj"'],
  [{ 'llama.block_count': 0 }, 'llama.block_count: expected at least 1, got 0'],
  [{ 'llama.block_count': 1.5 }, 'llama.block_count: expected a whole number, got 1.5'],
  [{ 'llama.block_count': ['a', 'b'] }, 'llama.block_count: expected a whole number, got a list of 2'],
  [{ 'llama.attention.head_count': 5 }, 'llama.embedding_length: expected a multiple of the 5 heads'],
  [{ 'llama.rope.dimension_count': 8 }, 'llama.rope.dimension_count: 8 beside heads of 16 is not supported'],
  [{ 'llama.attention.value_length': 32 }, 'llama.attention.value_length: 32 beside heads of 16'],
  [{ 'llama.expert_count': 8 }, 'llama.expert_count: models of several experts are not supported, this one has 8'],
  [{ 'llama.logit_scale': 8 }, 'llama.logit_scale: 8 is not supported, only 1 is'],
  [{ 'llama.attention.scale': 0.5 }, 'llama.attention.scale: 0.5 is not supported, only 0.25 is'],
  [{ 'llama.attention.causal': false }, 'llama.attention.causal: this model reads both ways'],
  [{ 'llama.attention.layer_norm_rms_epsilon': Number.NaN }, 'layer_norm_rms_epsilon: expected a number'],
])('%j is refused', (entries, message) => {
  expect(() => ggufConfig(metadataOf(entries), tensorsOf(EMBEDDING), undefined)).toThrow(message);
});

const rope = (entries: Entries, factors?: Float32Array, headDim = 16, theta = 10_000) =>
  ropeScalingOf(metadataOf(entries), { architecture: 'llama', headDim, theta, factors });
const SCALING = 'llama.rope.scaling';

test('linear and YaRN scaling are settings', () => {
  expect(rope({})).toBeUndefined();
  expect(rope({ [`${SCALING}.type`]: 'none', [`${SCALING}.factor`]: 4 })).toBeUndefined();
  expect(rope({ [`${SCALING}.type`]: 'linear', [`${SCALING}.factor`]: 4 })).toEqual({ rope_type: 'linear', factor: 4 });
  expect(rope({ 'llama.rope.scale_linear': 2.5 })).toEqual({ rope_type: 'linear', factor: 2.5 });
  const yarn = { [`${SCALING}.type`]: 'yarn', [`${SCALING}.factor`]: 4, [`${SCALING}.original_context_length`]: 512 };
  expect(rope(yarn)).toEqual({ rope_type: 'yarn', factor: 4, original_max_position_embeddings: 512 });
  expect(() => rope({ ...yarn, [`${SCALING}.attn_factor`]: 2 })).toThrow('attn_factor: 2 is not supported');
  expect(() => rope({ ...yarn, [`${SCALING}.yarn_log_multiplier`]: 0.1 })).toThrow('yarn_log_multiplier: 0.1');
  expect(() => rope({ [`${SCALING}.type`]: 'longrope' })).toThrow('"longrope" is not supported');
});

/** As llama.cpp's converter computes them, in f32. */
function llama3Factors(headDim: number, theta: number, [factor, low, high, original]: readonly number[]) {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / headDim)));
    const wavelength = Math.fround((2 * Math.PI) / frequency);
    if (wavelength < original! / high!) return 1;
    if (wavelength > original! / low!) return factor!;
    const smooth = (original! / wavelength - low!) / (high! - low!);
    return 1 / ((1 - smooth) / factor! + smooth);
  });
}

test.each([
  ['Llama 3.1', 128, 500_000, [8, 1, 4, 8192]],
  ['Llama 3.2', 64, 500_000, [32, 1, 4, 8192]],
  ['others', 32, 10_000, [4, 1, 5, 600]],
] as const)('the settings of %s are found again from their factors', (_, headDim, theta, settings) => {
  const [factor, low, high, original] = settings;
  expect(rope({}, llama3Factors(headDim, theta, settings), headDim, theta)).toEqual({
    rope_type: 'llama3',
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: original,
  });
});

test('where one factor alone lies between the ends, other settings give the same factors', () => {
  const made = llama3Factors(32, 10_000, [4, 1, 1.7, 400]);
  const found = rope({}, made, 32);
  const names = ['factor', 'low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'];
  const again = llama3Factors(
    32,
    10_000,
    names.map((name) => Number(found?.[name])),
  );
  expect([...made].filter((value) => value > 1 && value < 4)).toHaveLength(1);
  for (const [i, value] of again.entries()) expect(value).toBeCloseTo(made[i] ?? 0, 5);
});

test('factors that nothing explains are refused', () => {
  expect(rope({}, new Float32Array(8).fill(1))).toBeUndefined();
  expect(() => rope({}, Float32Array.of(1, 5, 2, 9, 1, 1, 3, 2))).toThrow('are not those of Llama 3');
  expect(() => rope({}, Float32Array.of(1, 2))).toThrow('are not those of Llama 3');
  const linear = { [`${SCALING}.type`]: 'linear', [`${SCALING}.factor`]: 4 };
  expect(() => rope(linear, llama3Factors(16, 10_000, [8, 1, 4, 512]))).toThrow('beside rope_freqs.weight');
});
