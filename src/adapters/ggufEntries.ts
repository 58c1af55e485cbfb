// A model's shape as GGUF's metadata: what ggufConfig.ts reads, written. And who made the file from what.
// Source: llama.cpp, `conversion/base.py` (`set_gguf_parameters`) and `src/llama-hparams.cpp`.
import type { GgufArchitecture } from '../formats/ggufConfig.ts';
import type { GgufEntry } from '../formats/ggufWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import type { RotaryConfig } from '../model/rotaryTable.ts';
import { AdapterError } from './adapterSet.ts';

/** Throws AdapterError for a rotary scaling that GGUF cannot say. */
export function architectureEntries(a: Architecture, architecture: GgufArchitecture): GgufEntry[] {
  const size = (key: string, value: number): GgufEntry => ({ key: `${architecture}.${key}`, type: 'u32', value });
  const number = (key: string, value: number): GgufEntry => ({ key: `${architecture}.${key}`, type: 'f32', value });
  const common = [
    size('block_count', a.layers),
    size('context_length', a.maxPositions),
    size('embedding_length', a.hiddenSize),
    size('feed_forward_length', a.mlpSize),
    size('attention.head_count', a.heads),
    number(`attention.layer_norm_${a.norm.kind === 'rms' ? 'rms_' : ''}epsilon`, a.norm.eps),
  ];
  const { rotary } = a;
  if (!rotary) return common;
  return [
    ...common,
    size('vocab_size', a.vocabularySize),
    size('attention.head_count_kv', a.kvHeads),
    size('attention.key_length', a.headDim),
    size('attention.value_length', a.headDim),
    // llama.cpp attends to everything before; readers that know the window (this one) use it.
    ...(a.slidingWindow === undefined ? [] : [size('attention.sliding_window', a.slidingWindow)]),
    size('rope.dimension_count', a.headDim),
    number('rope.freq_base', rotary.theta),
    ...ropeEntries(rotary, architecture),
  ];
}

function ropeEntries(rotary: RotaryConfig, architecture: GgufArchitecture): GgufEntry[] {
  const at = `${architecture}.rope.scaling`;
  switch (rotary.type) {
    // Llama 3's scaling is a tensor of its own.
    case 'default':
    case 'llama3':
      return [];
    case 'linear':
      return [
        { key: `${at}.type`, type: 'string', value: 'linear' },
        { key: `${at}.factor`, type: 'f32', value: rotary.factor },
      ];
    case 'yarn': {
      const { factor, attentionFactor } = rotary;
      const usual = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
      if (Math.abs(attentionFactor - usual) > 1e-6 || !rotary.truncate) {
        throw new AdapterError(
          'rope_scaling: llama.cpp runs YaRN with its own attention_factor and truncation; this model has others: export another format.',
        );
      }
      return [
        { key: `${at}.type`, type: 'string', value: 'yarn' },
        { key: `${at}.factor`, type: 'f32', value: factor },
        { key: `${at}.original_context_length`, type: 'u32', value: rotary.originalMaxPositions },
        { key: `${at}.yarn_beta_fast`, type: 'f32', value: rotary.betaFast },
        { key: `${at}.yarn_beta_slow`, type: 'f32', value: rotary.betaSlow },
      ];
    }
    default:
      return rotary satisfies never;
  }
}

/** `baseModel`: a name, or an owner and a name, `owner/name`, which is taken for a Hub id. */
export function baseModelEntries(baseModel: string): GgufEntry[] {
  const at = 'general.base_model';
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(baseModel) ?? [];
  const url = `https://huggingface.co/${baseModel}`;
  const onHub: GgufEntry[] =
    owner === undefined
      ? []
      : [
          { key: `${at}.0.organization`, type: 'string', value: owner },
          { key: `${at}.0.repo_url`, type: 'string', value: url },
        ];
  return [
    { key: `${at}.count`, type: 'u32', value: 1 },
    { key: `${at}.0.name`, type: 'string', value: name ?? baseModel },
    ...onHub,
  ];
}
