/**
 * A GGUF file's metadata as a transformers `config.json`. What the engine could not run as written is refused by the key
 * that says it.
 * Source: llama.cpp, `convert_hf_to_gguf.py` (`set_gguf_parameters` of each model) and `src/llama-model.cpp`.
 */
import type { GgufMetadata } from './ggufMetadata.ts';
import { ropeScalingOf } from './ggufRope.ts';
import type { StoredInfo } from './weightFiles.ts';

export const GGUF_ARCHITECTURES = ['llama', 'qwen2', 'qwen3', 'gpt2'] as const;
export type GgufArchitecture = (typeof GGUF_ARCHITECTURES)[number];

/** Throws a FormatError for another architecture, and for files that are no whole model. */
export function ggufArchitectureOf(metadata: GgufMetadata): GgufArchitecture {
  const type = metadata.text('general.type') ?? 'model';
  if (type === 'adapter') {
    throw metadata.fail(
      'general.type: this is a LoRA adapter, not a model; give it as an adapter, beside its base model',
    );
  }
  if (type !== 'model')
    throw metadata.fail(`general.type: this GGUF file is no model but a part: ${JSON.stringify(type)}`);
  const name = metadata.need('general.architecture', metadata.text);
  const known = GGUF_ARCHITECTURES.find((architecture) => architecture === name);
  if (known) return known;
  throw metadata.fail(
    `general.architecture: ${JSON.stringify(name)} is not supported. Supported: ${GGUF_ARCHITECTURES.join(', ')} (with them SmolLM2, TinyLlama, Mistral, Qwen2.5)`,
  );
}

export interface GgufShape {
  readonly architecture: GgufArchitecture;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** What tells how the tensors lie. Throws a FormatError naming the key. */
export function ggufShapeOf(metadata: GgufMetadata): GgufShape {
  const architecture = ggufArchitectureOf(metadata);
  const size = (key: string) => positive(metadata, `${architecture}.${key}`);
  const heads = size('attention.head_count');
  const kvHeads = metadata.has(`${architecture}.attention.head_count_kv`) ? size('attention.head_count_kv') : heads;
  const headDim = metadata.size(`${architecture}.attention.key_length`) ?? size('embedding_length') / heads;
  if (!Number.isInteger(headDim)) {
    throw metadata.fail(`${architecture}.embedding_length: expected a multiple of the ${heads} heads`);
  }
  const refuseOther = (key: string, expected: number) => {
    const value = metadata.size(`${architecture}.${key}`) ?? expected;
    if (value !== expected) {
      throw metadata.fail(`${architecture}.${key}: ${value} beside heads of ${headDim} is not supported`);
    }
  };
  refuseOther('attention.value_length', headDim);
  if (architecture !== 'gpt2') refuseOther('rope.dimension_count', headDim);
  const experts = metadata.size(`${architecture}.expert_count`) ?? 0;
  if (experts > 0) {
    throw metadata.fail(
      `${architecture}.expert_count: models of several experts are not supported, this one has ${experts}`,
    );
  }
  refuseScales(metadata, architecture, headDim);
  return { architecture, layers: size('block_count'), heads, kvHeads, headDim };
}

/** Factors that some models of these architectures multiply by, and attention in both directions, are not run here. */
function refuseScales(metadata: GgufMetadata, architecture: GgufArchitecture, headDim: number): void {
  const plain = { embedding_scale: 1, residual_scale: 1, logit_scale: 1, 'attention.scale': 1 / Math.sqrt(headDim) };
  for (const [name, usual] of Object.entries(plain)) {
    const key = `${architecture}.${name}`;
    const value = metadata.number(key) || usual;
    if (Math.abs(value / usual - 1) > 1e-6) throw metadata.fail(`${key}: ${value} is not supported, only ${usual} is`);
  }
  const key = `${architecture}.attention.causal`;
  if (metadata.flag(key) === false) throw metadata.fail(`${key}: this model reads both ways; it does not write text`);
}

function positive(metadata: GgufMetadata, key: string): number {
  const value = metadata.need(key, metadata.size);
  if (value > 0) return value;
  throw metadata.fail(`${key}: expected at least 1, got ${value}`);
}

export type ConfigValue = string | number | boolean | null | readonly string[] | Record<string, number | string>;

/**
 * `tensors`: by GGUF's names. `ropeFactors`: the values of rope_freqs.weight. Throws a FormatError naming the key or the
 * tensor.
 */
export function ggufConfig(
  metadata: GgufMetadata,
  tensors: ReadonlyMap<string, StoredInfo>,
  ropeFactors: Float32Array | undefined,
): Record<string, ConfigValue> {
  const shape = ggufShapeOf(metadata);
  const { architecture, layers, heads, kvHeads, headDim } = shape;
  const size = (key: string) => positive(metadata, `${architecture}.${key}`);
  const number = (key: string) => metadata.need(`${architecture}.${key}`, metadata.number);
  const vocabularySize = rowsOf(metadata, tensors, 'token_embd.weight');
  const token = (name: string) => metadata.size(`tokenizer.ggml.${name}_token_id`) ?? null;
  const common = {
    vocab_size: vocabularySize,
    tie_word_embeddings: !tensors.has('output.weight'),
    bos_token_id: token('bos'),
    eos_token_id: token('eos'),
    pad_token_id: token('padding'),
  };
  if (architecture === 'gpt2') {
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      n_embd: size('embedding_length'),
      n_layer: layers,
      n_head: heads,
      n_positions: rowsOf(metadata, tensors, 'position_embd.weight'),
      n_inner: size('feed_forward_length'),
      layer_norm_epsilon: number('attention.layer_norm_epsilon'),
      // llama.cpp runs GPT-2 with this activation, whatever the original said.
      activation_function: 'gelu_new',
      ...common,
    };
  }
  const theta = metadata.number(`${architecture}.rope.freq_base`) ?? 10_000;
  const scaling = ropeScalingOf(metadata, { architecture, headDim, theta, factors: ropeFactors });
  const window = architecture === 'llama' ? metadata.size('llama.attention.sliding_window') : undefined;
  const [modelType, modelClass] = window ? MISTRAL : CLASSES[architecture];
  const has = (name: string) => tensors.has(`blk.0.${name}`);
  return {
    architectures: [modelClass],
    model_type: modelType,
    hidden_size: size('embedding_length'),
    intermediate_size: size('feed_forward_length'),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    hidden_act: 'silu',
    max_position_embeddings: size('context_length'),
    rms_norm_eps: number('attention.layer_norm_rms_epsilon'),
    rope_theta: theta,
    ...(scaling ? { rope_scaling: scaling } : {}),
    attention_bias: architecture !== 'qwen2' && has('attn_q.bias'),
    ...(architecture === 'llama' ? { mlp_bias: has('ffn_down.bias') } : {}),
    ...(window ? { sliding_window: window } : {}),
    ...common,
  };
}

const MISTRAL: readonly [string, string] = ['mistral', 'MistralForCausalLM'];
const CLASSES: Readonly<Record<'llama' | 'qwen2' | 'qwen3', readonly [string, string]>> = {
  llama: ['llama', 'LlamaForCausalLM'],
  qwen2: ['qwen2', 'Qwen2ForCausalLM'],
  qwen3: ['qwen3', 'Qwen3ForCausalLM'],
};

function rowsOf(metadata: GgufMetadata, tensors: ReadonlyMap<string, StoredInfo>, name: string): number {
  const [rows, cols] = tensors.get(name)?.shape ?? [];
  if (rows !== undefined && cols !== undefined) return rows;
  throw metadata.fail(`the tensor ${name} is missing; is this the whole model?`);
}
