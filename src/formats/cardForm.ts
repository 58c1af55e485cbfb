/** What lies in a folder, by the names of its files, for the card of what is pushed. */
import type { CardForm } from './modelCard.ts';
import { baseName } from './weightFiles.ts';

/** transformers.js finds a graph by its type: `onnx/model_fp16.onnx` is dtype fp16. */
const ONNX_GRAPH = /(?:^|\/)model(?:_(fp16|q4|q4f16|q8|int8|uint8|bnb4))?\.onnx$/;

/** Undefined for what is none of them: a PEFT adapter, or files of another kind. `isGgufAdapter`: what its header says. */
export function cardFormOf(names: readonly string[], isGgufAdapter = false): CardForm | undefined {
  const gguf = names.find((name) => name.endsWith('.gguf'));
  if (gguf !== undefined) return { kind: isGgufAdapter ? 'gguf-lora' : 'gguf', file: baseName(gguf) };
  const bases = names.map(baseName);
  if (bases.includes('adapter_config.json')) return undefined;
  const graph = names.map((name) => ONNX_GRAPH.exec(name)).find((match) => match !== null);
  if (graph) {
    const hasOpenAdapters = names.some((name) => /^adapters\/.*\.safetensors$/.test(name));
    return hasOpenAdapters ? { kind: 'onnx-adapters' } : { kind: 'transformers.js', dtype: graph[1] ?? 'fp32' };
  }
  const isModel = bases.includes('config.json') && bases.some((name) => name.endsWith('.safetensors'));
  return isModel ? { kind: 'transformers' } : undefined;
}
