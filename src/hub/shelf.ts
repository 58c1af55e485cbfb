/**
 * Known small models, one click each. Sizes are those of the weights on the Hub, as stored; the tokenizer adds 1 to 12
 * MB. `parameters` counts tied weights once.
 */

export interface ShelfEntry {
  /** Hub id. */
  repo: string;
  title: string;
  /** `model_type` of its config. */
  family: 'gpt2' | 'llama' | 'qwen2' | 'qwen3';
  /** As the Hub names it. */
  licence: string;
  parameters: number;
  storedDtype: 'F32' | 'BF16';
  downloadBytes: number;
  /** Whether the Hub asks for a token and an accepted licence first. */
  isGated: boolean;
  isInstruct: boolean;
}

export const SHELF: readonly ShelfEntry[] = [
  {
    repo: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    title: 'SmolLM2 135M Instruct',
    family: 'llama',
    licence: 'apache-2.0',
    parameters: 134_515_008,
    storedDtype: 'BF16',
    downloadBytes: 269_060_552,
    isGated: false,
    isInstruct: true,
  },
  {
    repo: 'HuggingFaceTB/SmolLM2-360M-Instruct',
    title: 'SmolLM2 360M Instruct',
    family: 'llama',
    licence: 'apache-2.0',
    parameters: 361_821_120,
    storedDtype: 'BF16',
    downloadBytes: 723_674_912,
    isGated: false,
    isInstruct: true,
  },
  {
    repo: 'Qwen/Qwen2.5-0.5B-Instruct',
    title: 'Qwen2.5 0.5B Instruct',
    family: 'qwen2',
    licence: 'apache-2.0',
    parameters: 494_032_768,
    storedDtype: 'BF16',
    downloadBytes: 988_097_824,
    isGated: false,
    isInstruct: true,
  },
  {
    repo: 'Qwen/Qwen3-0.6B',
    title: 'Qwen3 0.6B',
    family: 'qwen3',
    licence: 'apache-2.0',
    parameters: 596_049_920,
    storedDtype: 'BF16',
    // The tied head is stored a second time.
    downloadBytes: 1_503_300_328,
    isGated: false,
    isInstruct: true,
  },
  {
    repo: 'meta-llama/Llama-3.2-1B-Instruct',
    title: 'Llama 3.2 1B Instruct',
    family: 'llama',
    licence: 'llama3.2',
    parameters: 1_235_814_400,
    storedDtype: 'BF16',
    downloadBytes: 2_471_645_608,
    isGated: true,
    isInstruct: true,
  },
  {
    repo: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    title: 'TinyLlama 1.1B Chat',
    family: 'llama',
    licence: 'apache-2.0',
    parameters: 1_100_048_384,
    storedDtype: 'BF16',
    downloadBytes: 2_200_119_864,
    isGated: false,
    isInstruct: true,
  },
  {
    repo: 'distilbert/distilgpt2',
    title: 'DistilGPT-2',
    family: 'gpt2',
    licence: 'apache-2.0',
    parameters: 81_912_576,
    storedDtype: 'F32',
    // GPT-2's files hold a 1024 × 1024 causal mask for each layer besides the weights.
    downloadBytes: 352_824_413,
    isGated: false,
    isInstruct: false,
  },
  {
    repo: 'openai-community/gpt2',
    title: 'GPT-2',
    family: 'gpt2',
    licence: 'mit',
    parameters: 124_439_808,
    storedDtype: 'F32',
    downloadBytes: 548_105_171,
    isGated: false,
    isInstruct: false,
  },
];
