// A transformers `config.json` → the architecture that the engine runs, or an error that names what is not supported.
// Four families differ in a handful of switches; nothing downstream looks at `model_type` again.
import { z } from 'zod';
import type { Activation } from '../ops/activation.ts';
import { ModelError } from './modelError.ts';
import { type RotaryConfig, rotaryConfigOf } from './rotaryTable.ts';

export interface Architecture {
  readonly modelType: ModelType;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Each serves heads / kvHeads query heads. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly mlpSize: number;
  /** Longest row that positions allow. */
  readonly maxPositions: number;
  readonly norm: { readonly kind: 'layer' | 'rms'; readonly eps: number };
  /** Absent where positions are learned (GPT-2). */
  readonly rotary: RotaryConfig | undefined;
  /** RMSNorm of every query and key head before rotation (Qwen3). */
  readonly hasQkNorm: boolean;
  readonly hasQkvBias: boolean;
  readonly hasOutputBias: boolean;
  readonly hasMlpBias: boolean;
  /** gated: down(act(gate)·up); plain: down(act(up)). */
  readonly mlp: { readonly kind: 'gated' | 'plain'; readonly activation: Activation };
  /** The head is the embedding. */
  readonly isTied: boolean;
  /** Weights are stored [in, out] and q, k, v as one matrix (GPT-2). */
  readonly isConv1D: boolean;
  /** A query sees at most this many keys, itself included. */
  readonly slidingWindow: number | undefined;
  /** Factor of the attention scores of a layer. */
  readonly attentionScale: (layer: number) => number;
}

export const MODEL_TYPES = ['gpt2', 'llama', 'mistral', 'qwen2', 'qwen3'] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

const size = z.int().positive();
/** A number that is wrong is told before so many layers are laid out. */
const layerCount = size.max(1024);

const gpt2Schema = z.object({
  vocab_size: size,
  n_embd: size,
  n_layer: layerCount,
  n_head: size,
  n_positions: size.default(1024),
  n_inner: size.nullish(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.string().default('gelu_new'),
  tie_word_embeddings: z.boolean().default(true),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
});

const llamaSchema = z.object({
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: layerCount,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  intermediate_size: size,
  max_position_embeddings: size.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().min(0).default(28),
  layer_types: z.array(z.string()).nullish(),
});
type LlamaConfig = z.infer<typeof llamaSchema>;

/** What transformers takes where a config.json leaves them out. */
const DEFAULT_POSITIONS = { llama: 2048, mistral: 131_072, qwen2: 32_768, qwen3: 32_768 };
const MISTRAL_WINDOW = 4096;
const MISTRAL_KV_HEADS = 8;

/** Throws ModelError; `fileName` is named in it. */
export function architectureOf(config: Readonly<Record<string, unknown>>, fileName = 'config.json'): Architecture {
  const modelType = MODEL_TYPES.find((type) => type === config.model_type);
  if (!modelType) {
    throw new ModelError(
      `${fileName}: model_type ${JSON.stringify(config.model_type ?? null)} is not supported. Supported: ${MODEL_TYPES.join(', ')} (with them SmolLM2, TinyLlama, Qwen2.5).`,
    );
  }
  if (config.quantization_config) {
    throw new ModelError(
      `${fileName}: this model's weights are quantized (quantization_config); use its unquantized original.`,
    );
  }
  const architecture = modelType === 'gpt2' ? gpt2(config, fileName) : llamaLike(modelType, config, fileName);
  const { heads, kvHeads, headDim } = architecture;
  if (heads % kvHeads !== 0)
    throw new ModelError(`${fileName}: ${heads} heads cannot share ${kvHeads} key–value heads.`);
  if (headDim > 256) throw new ModelError(`${fileName}: head size ${headDim}; at most 256 is supported.`);
  return architecture;
}

function parse<T>(schema: z.ZodType<T>, config: unknown, fileName: string): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ModelError(`${fileName}: ${issue.path.join('.') || 'config'}: ${issue.message}`);
}

function gpt2(config: unknown, fileName: string): Architecture {
  const c = parse(gpt2Schema, config, fileName);
  if (c.n_embd % c.n_head !== 0)
    throw new ModelError(`${fileName}: n_embd ${c.n_embd} is not divisible by n_head ${c.n_head}.`);
  const headDim = c.n_embd / c.n_head;
  return {
    modelType: 'gpt2',
    vocabularySize: c.vocab_size,
    hiddenSize: c.n_embd,
    layers: c.n_layer,
    heads: c.n_head,
    kvHeads: c.n_head,
    headDim,
    mlpSize: c.n_inner ?? 4 * c.n_embd,
    maxPositions: c.n_positions,
    norm: { kind: 'layer', eps: c.layer_norm_epsilon },
    rotary: undefined,
    hasQkNorm: false,
    hasQkvBias: true,
    hasOutputBias: true,
    hasMlpBias: true,
    mlp: { kind: 'plain', activation: activationOf(c.activation_function, fileName) },
    isTied: c.tie_word_embeddings,
    isConv1D: true,
    slidingWindow: undefined,
    attentionScale: (layer) =>
      (c.scale_attn_weights ? 1 / Math.sqrt(headDim) : 1) / (c.scale_attn_by_inverse_layer_idx ? layer + 1 : 1),
  };
}

type LlamaLike = Exclude<ModelType, 'gpt2'>;

function llamaLike(modelType: LlamaLike, config: Readonly<Record<string, unknown>>, fileName: string): Architecture {
  const c = parse(llamaSchema, config, fileName);
  const headDim = c.head_dim ?? (modelType === 'qwen3' ? 128 : c.hidden_size / c.num_attention_heads);
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ModelError(`${fileName}: head size ${headDim}; rotary positions need a whole, even one.`);
  }
  const { hidden_size: hiddenSize, num_attention_heads: heads } = c;
  const maxPositions = c.max_position_embeddings ?? DEFAULT_POSITIONS[modelType];
  const isMistralDefault = modelType === 'mistral' && c.num_key_value_heads === undefined;
  return {
    modelType,
    vocabularySize: c.vocab_size,
    hiddenSize,
    layers: c.num_hidden_layers,
    heads,
    kvHeads: c.num_key_value_heads ?? (isMistralDefault ? MISTRAL_KV_HEADS : heads),
    headDim,
    mlpSize: c.intermediate_size,
    maxPositions,
    norm: { kind: 'rms', eps: c.rms_norm_eps },
    rotary: rotaryConfigOf(config, { headDim, maxPositions, fileName }),
    hasQkNorm: modelType === 'qwen3',
    hasQkvBias: modelType === 'qwen2' || ((modelType === 'llama' || modelType === 'qwen3') && c.attention_bias),
    hasOutputBias: (modelType === 'llama' || modelType === 'qwen3') && c.attention_bias,
    hasMlpBias: modelType === 'llama' && c.mlp_bias,
    mlp: { kind: 'gated', activation: activationOf(c.hidden_act, fileName) },
    isTied: c.tie_word_embeddings,
    isConv1D: false,
    slidingWindow: slidingWindowOf(modelType, c, maxPositions, fileName),
    attentionScale: () => 1 / Math.sqrt(headDim),
  };
}

/** Of Qwen's, a window that holds every position is none: layers may then differ in having it. */
function slidingWindowOf(
  modelType: LlamaLike,
  c: LlamaConfig,
  maxPositions: number,
  fileName: string,
): number | undefined {
  if (modelType === 'llama') return undefined;
  if (modelType === 'mistral') return c.sliding_window === undefined ? MISTRAL_WINDOW : (c.sliding_window ?? undefined);
  const window = c.use_sliding_window === true ? c.sliding_window : undefined;
  if (!window || window >= maxPositions) return undefined;
  const layers = Array.from(
    { length: c.num_hidden_layers },
    (_, layer) => c.layer_types?.[layer] ?? (layer < c.max_window_layers ? 'full_attention' : 'sliding_attention'),
  );
  const sliding = layers.filter((type) => type === 'sliding_attention').length;
  if (sliding > 0 && sliding < layers.length) {
    const field = c.layer_types ? 'layer_types' : 'max_window_layers';
    throw new ModelError(
      `${fileName}: ${field}: a sliding window in ${sliding} of ${layers.length} layers is not supported, only in all or none.`,
    );
  }
  return sliding > 0 ? window : undefined;
}

function activationOf(name: string, fileName: string): Activation {
  switch (name) {
    case 'gelu':
    case 'gelu_python':
      return 'gelu';
    case 'gelu_new':
    case 'gelu_pytorch_tanh':
    case 'gelu_fast':
    case 'gelu_accurate':
      return 'geluTanh';
    case 'relu':
      return 'relu';
    case 'silu':
    case 'swish':
      return 'silu';
    default:
      throw new ModelError(
        `${fileName}: activation ${JSON.stringify(name)} is not supported (gelu, gelu_new, relu, silu are).`,
      );
  }
}
