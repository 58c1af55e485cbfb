// What real models need, summed before anything is loaded: the config alone, and the limits of the smallest WebGPU.
import { expect, test } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { readShaderFiles } from '../cli/shaderFiles.ts';
import { ShaderLibrary } from '../gpu/shaders.ts';
import { CORE_TRAITS } from '../gpu/traits.ts';
import { architectureOf } from '../model/architecture.ts';
import { declareModel } from '../model/frozenModel.ts';
import type { WeightStorage } from '../model/weightStorage.ts';
import { fullRows } from './fullRows.ts';
import { planMemory } from './lineUp.ts';
import { DEFAULT_RUN_SETTINGS } from './settings.ts';
import { TooLargeError } from './tooLarge.ts';

const MIB = 2 ** 20;
/** lavapipe's. */
const LIMITS = {
  maxBufferSize: 1 << 30,
  maxStorageBufferBindingSize: 128 * MIB,
  maxComputeWorkgroupsPerDimension: 65_535,
};

const CONFIGS = {
  'SmolLM2-135M': {
    model_type: 'llama',
    vocab_size: 49_152,
    hidden_size: 576,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    intermediate_size: 1536,
    max_position_embeddings: 8192,
    tie_word_embeddings: true,
  },
  'Qwen2.5-0.5B': {
    model_type: 'qwen2',
    vocab_size: 151_936,
    hidden_size: 896,
    num_hidden_layers: 24,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    intermediate_size: 4864,
    max_position_embeddings: 32_768,
    tie_word_embeddings: true,
  },
  'Llama-3.2-1B': {
    model_type: 'llama',
    vocab_size: 128_256,
    hidden_size: 2048,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 64,
    intermediate_size: 8192,
    max_position_embeddings: 131_072,
    tie_word_embeddings: true,
  },
};

interface Asked {
  readonly weights: WeightStorage;
  readonly rows: number;
  readonly length: number;
  readonly targets?: ('q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down')[];
  readonly rank?: number;
}

function memoryOf(name: keyof typeof CONFIGS, { weights, rows, length, targets = ['q', 'v'], rank = 8 }: Asked) {
  const a = architectureOf(CONFIGS[name]);
  return planMemory({
    gpu: { shaders: new ShaderLibrary(readShaderFiles()), limits: LIMITS, traits: CORE_TRAITS },
    model: declareModel(a, weights, LIMITS.maxStorageBufferBindingSize),
    layouts: layOutAdapters(a, [{ rank, alpha: 16, dropout: 0, useRslora: false, targets }]),
    settings: {
      ...DEFAULT_RUN_SETTINGS.training,
      batchSize: rows,
      length: { kind: 'steps', steps: 1 },
      checkpointing: true,
    },
    rows: fullRows(rows, length, a.maxPositions),
    validationRows: [],
  });
}

const ATTENTION: Asked['targets'] = ['q', 'k', 'v', 'o'];

test.each<[keyof typeof CONFIGS, Asked, number]>([
  ['SmolLM2-135M', { weights: 'f16', rows: 4, length: 256, targets: ATTENTION }, 700],
  ['Qwen2.5-0.5B', { weights: 'q4', rows: 1, length: 512, targets: ATTENTION }, 900],
  ['Llama-3.2-1B', { weights: 'q4', rows: 1, length: 512, targets: ATTENTION }, 1.6 * 1024],
])('%s with checkpointing, %o: at most %d MiB', async (name, asked, most) => {
  const { weights, adapters, activations, total } = await memoryOf(name, asked);
  expect(weights + adapters + activations).toBe(total);
  expect(total / MIB).toBeLessThan(most);
});

test('activations that pass one binding are refused with what to lower', async () => {
  const asked = memoryOf('Llama-3.2-1B', { weights: 'f16', rows: 8, length: 2048 });
  await expect(asked).rejects.toThrow(TooLargeError);
  await expect(asked).rejects.toThrow(
    /A batch of 8 × 2048 tokens needs 201 MB .*a batch of 5 or less, or a maximum length of 1365 tokens/,
  );
});

test('an adapter that passes one binding is refused with what to lower', async () => {
  const targets: Asked['targets'] = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
  const asked = memoryOf('Llama-3.2-1B', { weights: 'f16', rows: 1, length: 64, rank: 256, targets });
  await expect(asked).rejects.toThrow(
    /This adapter needs 721 MB in one piece .*lower rank, fewer matrices or fewer layers/,
  );
});
