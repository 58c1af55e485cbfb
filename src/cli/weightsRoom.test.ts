import { expect, test } from 'vitest';
import { OutOfGpuMemoryError } from '../gpu/errors.ts';
import { architectureOf } from '../model/architecture.ts';
import { weightOptions } from '../training/weightOptions.ts';
import { checkMachineHolds, weightsText } from './weightsRoom.ts';

/** In the shape of Llama-3.2-1B. */
const OPTIONS = weightOptions(
  architectureOf({
    model_type: 'llama',
    vocab_size: 128_256,
    hidden_size: 2048,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 8192,
    max_position_embeddings: 131_072,
    tie_word_embeddings: true,
  }),
  { tensors: new Map() },
  2 ** 27,
);

test('a software driver is given no more weights than the machine has memory', () => {
  const check = (storage: 'f32' | 'q4', isSoftware: boolean) => () =>
    checkMachineHolds(OPTIONS, storage, isSoftware, 4e9);
  expect(check('f32', true)).toThrow(OutOfGpuMemoryError);
  expect(check('f32', true)).toThrow(
    'the model: this machine has 4 GB. In f32 the weights take 4.94 GB; with --weights: f16 2.47 GB, bf16 2.47 GB, q8 1.39 GB, q4 904 MB, nf4 843 MB.',
  );
  expect(check('q4', true)).not.toThrow();
  // A GPU's driver says so itself.
  expect(check('f32', false)).not.toThrow();
});

test('in the smallest format the model itself is too large', () => {
  expect(weightsText(OPTIONS, 'nf4')).toBe('In nf4 the weights take 843 MB; choose a smaller model.');
});
