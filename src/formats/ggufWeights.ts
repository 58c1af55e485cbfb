/**
 * A GGUF file's tensors under transformers' names and in transformers' order of rows: what loading, merging and
 * exporting take, with the blocks as they are.
 * Source: gguf-py, `gguf/tensor_mapping.py`.
 */
import type { ByteSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import type { GgufArchitecture, GgufShape } from './ggufConfig.ts';
import { unpermutedRows } from './ggufRows.ts';
import type { WeightFiles, WeightTensor } from './weightFiles.ts';

/** Used for the configuration, no weight. */
export const ROPE_FACTORS = 'rope_freqs.weight';

const LLAMA_OUTER = new Map(
  Object.entries({
    token_embd: 'model.embed_tokens',
    output_norm: 'model.norm',
    output: 'lm_head',
  }),
);
const LLAMA_INNER = new Map(
  Object.entries({
    attn_norm: 'input_layernorm',
    attn_q: 'self_attn.q_proj',
    attn_k: 'self_attn.k_proj',
    attn_v: 'self_attn.v_proj',
    attn_output: 'self_attn.o_proj',
    ffn_norm: 'post_attention_layernorm',
    ffn_gate: 'mlp.gate_proj',
    ffn_up: 'mlp.up_proj',
    ffn_down: 'mlp.down_proj',
  }),
);
const QWEN3_INNER = new Map(
  Object.entries({
    ...Object.fromEntries(LLAMA_INNER),
    attn_q_norm: 'self_attn.q_norm',
    attn_k_norm: 'self_attn.k_norm',
  }),
);
const GPT2_OUTER = new Map(
  Object.entries({
    token_embd: 'transformer.wte',
    position_embd: 'transformer.wpe',
    output_norm: 'transformer.ln_f',
    output: 'lm_head',
  }),
);
const GPT2_INNER = new Map(
  Object.entries({
    attn_norm: 'ln_1',
    attn_qkv: 'attn.c_attn',
    attn_output: 'attn.c_proj',
    ffn_norm: 'ln_2',
    ffn_up: 'mlp.c_fc',
    ffn_down: 'mlp.c_proj',
  }),
);

/** The name that transformers gives the tensor; undefined where this architecture has no such tensor. */
function transformersName({ architecture, layers }: GgufShape, name: string): string | undefined {
  const [, layer, part = '', kind = ''] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const isGpt2 = architecture === 'gpt2';
  if (layer === undefined) {
    const outer = (isGpt2 ? GPT2_OUTER : LLAMA_OUTER).get(part);
    return outer && `${outer}.${kind}`;
  }
  const inner = (isGpt2 ? GPT2_INNER : architecture === 'qwen3' ? QWEN3_INNER : LLAMA_INNER).get(part);
  if (!inner || Number(layer) >= layers) return undefined;
  return `${isGpt2 ? 'transformer.h' : 'model.layers'}.${layer}.${inner}.${kind}`;
}

/**
 * The name that GGUF gives the tensor that transformers calls `name`, with its base model's prefix or without. Throws a
 * RangeError for a tensor that the architecture does not have.
 */
export function ggufTensorName(architecture: GgufArchitecture, name: string): string {
  const isGpt2 = architecture === 'gpt2';
  const [, layer, part = '', kind = ''] =
    /^(?:model\.|transformer\.)?(?:(?:layers|h)\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  const inner = isGpt2 ? GPT2_INNER : architecture === 'qwen3' ? QWEN3_INNER : LLAMA_INNER;
  const names = layer === undefined ? (isGpt2 ? GPT2_OUTER : LLAMA_OUTER) : inner;
  const found = [...names].find(([, theirs]) => theirs.replace(/^(model|transformer)\./, '') === part);
  if (!found) throw new RangeError(`ggufTensorName: ${architecture} has no tensor for ${name}`);
  return `${layer === undefined ? '' : `blk.${layer}.`}${found[0]}.${kind}`;
}

/** Whether GGUF holds the rows of this tensor in another order than transformers: q and k of the llama architecture. */
export function hasPermutedRows(architecture: GgufArchitecture, ggufName: string): boolean {
  return architecture === 'llama' && /\.attn_[qk]\./.test(ggufName);
}

/** `tensors`: by GGUF's names, of all shards. Throws a FormatError for a tensor that the architecture does not have. */
export function ggufWeights(shape: GgufShape, tensors: ReadonlyMap<string, WeightTensor>): WeightFiles {
  const named = new Map<string, WeightTensor>();
  for (const [ggufName, { source, info }] of tensors) {
    if (ggufName === ROPE_FACTORS) continue;
    const name = transformersName(shape, ggufName);
    if (name === undefined) {
      throw new FormatError(
        source.name,
        `tensor ${JSON.stringify(ggufName)} is not part of a ${shape.architecture} model of ${shape.layers} layers as it is run here`,
      );
    }
    const isMatrixOfBlock = info.shape.length === 2 && ggufName.startsWith('blk.');
    named.set(name, {
      ...inTransformersOrder(shape, ggufName, { source, info: { ...info, name } }),
      ...(shape.architecture === 'gpt2' && isMatrixOfBlock ? { isOutIn: true } : {}),
    });
  }
  return { tensors: named };
}

function inTransformersOrder(shape: GgufShape, ggufName: string, tensor: WeightTensor): WeightTensor {
  if (!hasPermutedRows(shape.architecture, ggufName)) return tensor;
  const { source, info } = tensor;
  const [rows = 0] = info.shape;
  const heads = ggufName.includes('.attn_q.') ? shape.heads : shape.kvHeads;
  if (rows !== heads * shape.headDim || shape.headDim % 2 !== 0) {
    throw new FormatError(
      source.name,
      `tensor ${JSON.stringify(ggufName)}: expected ${heads} heads of ${shape.headDim} rows, got ${rows}`,
    );
  }
  const rowBytes = info.sizeBytes / rows;
  const { offset, sizeBytes } = info;
  const unpermuted: ByteSource = unpermutedRows(source, { offset, sizeBytes, rowBytes, headDim: shape.headDim });
  return { source: unpermuted, info: { ...info, offset: 0 } };
}
