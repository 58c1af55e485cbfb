// What llama.cpp calls our architectures, and what of them it cannot run: a file that would give other numbers there is
// refused here, by the setting.
import type { GgufArchitecture } from '../formats/ggufConfig.ts';
import type { Architecture } from '../model/architecture.ts';
import { AdapterError } from './adapterSet.ts';

/** Throws AdapterError for a model that llama.cpp would run otherwise than it is run here. */
export function ggufArchitecture(a: Architecture): GgufArchitecture {
  const refuse = (what: string) =>
    new AdapterError(
      `llama.cpp runs ${a.modelType} models without ${what}: GGUF cannot say it; export another format.`,
    );
  const { activation } = a.mlp;
  const usual = a.modelType === 'gpt2' ? 'geluTanh' : 'silu';
  if (activation !== usual) throw refuse(`the activation ${activation}`);
  for (let layer = 0; layer < a.layers; layer++) {
    if (a.attentionScale(layer) !== 1 / Math.sqrt(a.headDim))
      throw refuse('attention scores scaled by layer or not at all');
  }
  if (a.modelType === 'qwen3' && (a.hasQkvBias || a.hasOutputBias)) throw refuse('biases in attention');
  const isQwen = a.modelType === 'qwen2' || a.modelType === 'qwen3';
  if (isQwen && a.rotary?.type === 'llama3') throw refuse('rotary scaling of the Llama 3 kind');
  if (a.modelType === 'gpt2' || a.modelType === 'qwen2' || a.modelType === 'qwen3') return a.modelType;
  return 'llama';
}
