import { expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import { architectureOf } from './architecture.ts';
import { headAsStored } from './storedHead.ts';
import { findStored } from './weightStorage.ts';

const tied = architectureOf({
  model_type: 'llama',
  vocab_size: 90,
  hidden_size: 2000,
  num_hidden_layers: 1,
  num_attention_heads: 20,
  intermediate_size: 8,
  tie_word_embeddings: true,
});
const sizeBytes = 90 * 2000 * 4;

function filesOf(...names: [name: string, changedAt?: number][]): WeightFiles {
  const tensors = names.map(([name, changedAt = 0]) => {
    const bytes = Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 7) & 255);
    bytes.fill(1, sizeBytes - changedAt);
    const info = { name, dtype: 'F32' as const, shape: [90, 2000], offset: 0, sizeBytes };
    return [name, { source: bytesSource(bytes, 'model.safetensors'), info }] as const;
  });
  return { tensors: new Map(tensors) };
}

test('a head that equals the embedding is tied, one that differs is not', async () => {
  const alike = filesOf(['lm_head.weight'], ['model.embed_tokens.weight']);
  expect((await headAsStored(tied, alike)).isTied).toBe(true);
  const apart = filesOf(['lm_head.weight', sizeBytes / 2], ['model.embed_tokens.weight']);
  expect((await headAsStored(tied, apart)).isTied).toBe(false);
});

test('an embedding that was saved under the head’s name is found, where the two are tied', async () => {
  const files = filesOf(['lm_head.weight']);
  expect(await headAsStored(tied, files)).toBe(tied);
  expect(findStored(files, 'embed_tokens.weight').info.name).toBe('lm_head.weight');
  await expect(headAsStored({ ...tied, isTied: false }, files)).rejects.toThrow('tie_word_embeddings is not true');
});

test('a head of its own is left alone', async () => {
  const untied = { ...tied, isTied: false };
  expect(await headAsStored(untied, filesOf(['lm_head.weight'], ['model.embed_tokens.weight']))).toBe(untied);
});
