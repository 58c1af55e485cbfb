// Models that plans are made for without fetching anything: their transformers configurations, as far as shapes go.
// Sources: config.json of each repository on the Hugging Face Hub; GPT-3: Brown et al. 2020 (arXiv 2005.14165), table 2.1,
// with GPT-2's vocabulary. Each one's count of parameters is tested against the published one.
import { type Architecture, architectureOf } from '../../model/architecture.ts';

export interface KnownModel {
  /** A Hub id; of models without public weights, a name. */
  readonly id: string;
  readonly title: string;
  /** Whether there are weights to fetch. */
  readonly isOnHub: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

type Gpt2Row = readonly [id: string, title: string, hidden: number, layers: number, heads: number, positions: number];

type LlamaRow = readonly [
  id: string,
  title: string,
  type: 'llama' | 'mistral' | 'qwen2',
  hidden: number,
  mlp: number,
  layers: number,
  heads: number,
  keyValueHeads: number,
  vocabulary: number,
  isTied: boolean,
  positions: number,
];

const GPT2_LIKE: readonly Gpt2Row[] = [
  ['openai-community/gpt2', 'GPT-2', 768, 12, 12, 1024],
  ['openai-community/gpt2-xl', 'GPT-2 XL', 1600, 48, 25, 1024],
  ['gpt-3-175b', 'GPT-3 175B (its size)', 12288, 96, 96, 2048],
];

// biome-ignore format: one model a line
const LLAMA_LIKE: readonly LlamaRow[] = [
  ['HuggingFaceTB/SmolLM2-135M-Instruct', 'SmolLM2 135M', 'llama', 576, 1536, 30, 9, 3, 49152, true, 8192],
  ['HuggingFaceTB/SmolLM2-360M-Instruct', 'SmolLM2 360M', 'llama', 960, 2560, 32, 15, 5, 49152, true, 8192],
  ['Qwen/Qwen2.5-0.5B-Instruct', 'Qwen2.5 0.5B', 'qwen2', 896, 4864, 24, 14, 2, 151936, true, 32768],
  ['meta-llama/Llama-3.2-1B-Instruct', 'Llama 3.2 1B', 'llama', 2048, 8192, 16, 32, 8, 128256, true, 131072],
  ['Qwen/Qwen2.5-1.5B-Instruct', 'Qwen2.5 1.5B', 'qwen2', 1536, 8960, 28, 12, 2, 151936, true, 32768],
  ['HuggingFaceTB/SmolLM2-1.7B-Instruct', 'SmolLM2 1.7B', 'llama', 2048, 8192, 24, 32, 32, 49152, true, 8192],
  ['meta-llama/Llama-3.2-3B-Instruct', 'Llama 3.2 3B', 'llama', 3072, 8192, 28, 24, 8, 128256, true, 131072],
  ['mistralai/Mistral-7B-Instruct-v0.3', 'Mistral 7B', 'mistral', 4096, 14336, 32, 32, 8, 32768, false, 32768],
  ['Qwen/Qwen2.5-7B-Instruct', 'Qwen2.5 7B', 'qwen2', 3584, 18944, 28, 28, 4, 152064, false, 32768],
  ['meta-llama/Llama-3.1-8B-Instruct', 'Llama 3.1 8B', 'llama', 4096, 14336, 32, 32, 8, 128256, false, 131072],
  ['Qwen/Qwen2.5-14B-Instruct', 'Qwen2.5 14B', 'qwen2', 5120, 13824, 48, 40, 8, 152064, false, 32768],
  ['Qwen/Qwen2.5-32B-Instruct', 'Qwen2.5 32B', 'qwen2', 5120, 27648, 64, 40, 8, 152064, false, 32768],
  ['meta-llama/Llama-3.1-70B-Instruct', 'Llama 3.1 70B', 'llama', 8192, 28672, 80, 64, 8, 128256, false, 131072],
  ['Qwen/Qwen2.5-72B-Instruct', 'Qwen2.5 72B', 'qwen2', 8192, 29568, 80, 64, 8, 152064, false, 32768],
  ['meta-llama/Llama-3.1-405B-Instruct', 'Llama 3.1 405B', 'llama', 16384, 53248, 126, 128, 8, 128256, false, 131072],
];

function gpt2Like([id, title, n_embd, n_layer, n_head, n_positions]: Gpt2Row): KnownModel {
  const config = { model_type: 'gpt2', n_embd, n_layer, n_head, n_positions, vocab_size: 50257 };
  return { id, title, isOnHub: id.includes('/'), config };
}

function llamaLike(row: LlamaRow): KnownModel {
  const [id, title, type, hidden, mlp, layers, heads, keyValueHeads, vocabulary, isTied, positions] = row;
  const config = {
    model_type: type,
    hidden_size: hidden,
    intermediate_size: mlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    vocab_size: vocabulary,
    tie_word_embeddings: isTied,
    max_position_embeddings: positions,
  };
  return { id, title, isOnHub: true, config };
}

/** By family, small ones first. */
export const KNOWN_MODELS: readonly KnownModel[] = [...GPT2_LIKE.map(gpt2Like), ...LLAMA_LIKE.map(llamaLike)];

/** Head sizes follow from the shapes in all of them. */
export function architectureOfKnown({ config, title }: KnownModel): Architecture {
  return architectureOf({ ...config }, title);
}
