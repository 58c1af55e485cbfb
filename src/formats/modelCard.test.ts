import { expect, test } from 'vitest';
import { cardFormOf } from './cardForm.ts';
import { type CardForm, modelCard } from './modelCard.ts';

const card = (form: CardForm, baseModel = 'HuggingFaceTB/SmolLM2-135M-Instruct') =>
  modelCard({
    title: 'Towns',
    baseModel,
    isOnHub: true,
    data: { name: 'pairs.txt', pairs: 42_061, validationPairs: 0 },
    settings: [['Learning rate', '2e-4']],
    results: [['Validation loss', '1.23']],
    form,
    stored: 'f16',
    adapter: 'a LoRA adapter of rank 8',
    lossChart: 'loss.svg',
    location: 'ada/towns',
  });

test('a merged model, for transformers', () => {
  const text = card({ kind: 'transformers' });
  expect(text).toContain('- "base_model:finetune:HuggingFaceTB/SmolLM2-135M-Instruct"\n');
  expect(text).toContain('library_name: transformers\npipeline_tag: text-generation\n');
  expect(text).toContain(
    'HuggingFaceTB/SmolLM2-135M-Instruct with a LoRA adapter of rank 8 merged into its weights, trained with Rankwise on 42,061 context–target pairs from pairs.txt. Stored as f16.',
  );
  expect(text).toContain('AutoModelForCausalLM.from_pretrained("ada/towns")');
  expect(card({ kind: 'transformers' }, 'openai-community/gpt2')).toContain(
    '\nopenai-community/gpt2 with a LoRA adapter',
  );
  expect(text).toContain('| Validation loss | 1.23 |\n\n## Loss\n\n![Loss over the steps of training](loss.svg)\n');
});

test('ONNX for transformers.js, GGUF and a GGUF adapter each say how they are opened', () => {
  expect(card({ kind: 'transformers.js', dtype: 'fp16' })).toMatch(
    /library_name: transformers\.js\n[\s\S]*pipeline\('text-generation', "ada\/towns", \{ dtype: "fp16" \}\)/,
  );
  expect(card({ kind: 'gguf', file: "to'wns.gguf" })).toMatch(
    /tags:\n[\s\S]*- gguf\n[\s\S]*llama-cli -m 'towns\.gguf' -p/,
  );
  const lora = card({ kind: 'gguf-lora', file: 'towns.gguf' });
  expect(lora).toContain("llama-cli -m BASE.gguf --lora 'towns.gguf'");
  expect(lora).toContain('A LoRA adapter of rank 8 for HuggingFaceTB/SmolLM2-135M-Instruct, trained');
  expect(card({ kind: 'onnx-adapters' })).toContain('- onnx\n');
});

test('what lies in a folder is told by its names', () => {
  expect(cardFormOf(['config.json', 'model-00001-of-00002.safetensors', 'model.safetensors.index.json'])).toEqual({
    kind: 'transformers',
  });
  expect(cardFormOf(['config.json', 'onnx/model_q4.onnx', 'onnx/model_q4.onnx_data'])).toEqual({
    kind: 'transformers.js',
    dtype: 'q4',
  });
  expect(cardFormOf(['onnx/model.onnx'])).toEqual({ kind: 'transformers.js', dtype: 'fp32' });
  expect(cardFormOf(['config.json', 'onnx/model.onnx', 'adapters/r8.safetensors'])).toEqual({ kind: 'onnx-adapters' });
  expect(cardFormOf(['towns.gguf'])).toEqual({ kind: 'gguf', file: 'towns.gguf' });
  expect(cardFormOf(['towns.gguf'], true)).toEqual({ kind: 'gguf-lora', file: 'towns.gguf' });
  expect(cardFormOf(['adapter_config.json', 'adapter_model.safetensors'])).toBeUndefined();
  expect(cardFormOf(['notes.txt'])).toBeUndefined();
});
