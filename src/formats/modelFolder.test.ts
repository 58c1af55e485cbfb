import { expect, test } from 'vitest';
import { sortModelFiles } from './modelFolder.ts';

const named = (...names: string[]) => names.map((name) => ({ name }));

test('sorts a transformers folder, and leaves other folders and formats of the same model alone', () => {
  const files = named(
    'gpt2/onnx/config.json',
    'gpt2/onnx/decoder_model.onnx',
    'gpt2/pytorch_model.bin',
    'gpt2/model.safetensors',
    'gpt2/config.json',
    'gpt2/tokenizer.json',
    'gpt2/tokenizer_config.json',
    'gpt2/chat_template.jinja',
    'gpt2/README.md',
  );
  expect(sortModelFiles(files)).toEqual({
    kind: 'model',
    config: { name: 'gpt2/config.json' },
    weights: named('gpt2/model.safetensors'),
    tokenizer: { name: 'gpt2/tokenizer.json' },
    tokenizerConfig: { name: 'gpt2/tokenizer_config.json' },
    generationConfig: undefined,
    specialTokensMap: undefined,
    chatTemplate: { name: 'gpt2/chat_template.jinja' },
  });
});

test('takes the whole file before shards, and shards with their index', () => {
  const shards = [
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ];
  const rest = ['config.json', 'tokenizer.json'];
  expect(sortModelFiles(named(...rest, ...shards))).toMatchObject({ weights: named(...shards) });
  expect(sortModelFiles(named(...rest, ...shards, 'model.safetensors'))).toMatchObject({
    weights: named('model.safetensors'),
  });
});

test('what macOS keeps beside files is no file of the model, nor is Mistral’s own copy of the weights', () => {
  const rest = ['config.json', 'tokenizer.json'];
  const shards = ['model-00001-of-00001.safetensors', 'model.safetensors.index.json'];
  const others = ['._config.json', '._model-00001-of-00001.safetensors', 'consolidated.safetensors'];
  expect(sortModelFiles(named(...others, ...rest, ...shards))).toMatchObject({ weights: named(...shards) });
  expect(sortModelFiles(named('._m.gguf', 'm.gguf'))).toEqual({ kind: 'gguf', files: named('m.gguf') });
});

test('sorts an adapter folder', () => {
  const files = named('a/adapter_config.json', 'a/adapter_model.safetensors', 'a/README.md', 'a/tokenizer.json');
  expect(sortModelFiles(files)).toEqual({
    kind: 'adapter',
    config: { name: 'a/adapter_config.json' },
    weights: { name: 'a/adapter_model.safetensors' },
    card: { name: 'a/README.md' },
  });
});

test('takes a GGUF file as a model of its own, where no safetensors lie beside it', () => {
  const gguf = { kind: 'gguf', files: named('m.gguf') };
  expect(sortModelFiles(named('m.gguf'))).toEqual(gguf);
  expect(sortModelFiles(named('README.md', 'config.json', 'tokenizer.json', 'm.gguf'))).toEqual(gguf);
  expect(sortModelFiles(named('m.gguf', 'mmproj-m.gguf', 'old/m.gguf', 'old/n.gguf'))).toEqual(gguf);
  expect(sortModelFiles(named('config.json', 'tokenizer.json', 'model.safetensors', 'm.gguf'))).toMatchObject({
    kind: 'model',
    weights: named('model.safetensors'),
  });
});

test('takes the shards of a GGUF model in order', () => {
  const shards = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'];
  expect(sortModelFiles(named(...shards.toReversed()))).toEqual({ kind: 'gguf', files: named(...shards) });
});

test.each([
  [[], 'config.json: missing (got no files)'],
  [['model.safetensors'], 'config.json: missing (got model.safetensors)'],
  [['adapter_model.safetensors'], 'adapter_config.json: missing'],
  [['adapter_config.json'], 'adapter_model.safetensors: missing; PEFT writes it'],
  [['adapter_config.json', 'adapter_model.bin'], 'adapter_model.bin is a PyTorch pickle'],
  [['config.json', 'model.safetensors'], 'tokenizer.json: missing; it lies beside'],
  [['config.json', 'model.safetensors', 'tokenizer.model'], 'tokenizer.model will not do; make it in Python'],
  [['config.json', 'tokenizer.json', 'pytorch_model.bin'], 'got pytorch_model.bin: these are PyTorch pickles'],
  [['a.gguf', 'b.gguf'], 'a.gguf: of a.gguf, b.gguf choose one'],
  [['m-00001-of-00003.gguf', 'm-00003-of-00003.gguf'], 'm-00002-of-00003.gguf: missing, though m-00001-of-00003.gguf'],
  [['m-00001-of-00001.gguf', 'a.gguf'], 'choose one and leave the others out'],
  [['config.json', 'tokenizer.json', 'tf_model.h5'], 'got tf_model.h5: TensorFlow'],
  [['config.json', 'tokenizer.json'], 'model.safetensors: missing; it lies beside'],
  [['config.json', 'tokenizer.json', 'adapter_model.safetensors'], 'model.safetensors: missing'],
  [['a/config.json', 'b/config.json'], 'a/config.json: b/config.json is there too; drop one folder at a time'],
])('says what is missing from %j', (names, message) => {
  expect(() => sortModelFiles(named(...names))).toThrow(message);
});
