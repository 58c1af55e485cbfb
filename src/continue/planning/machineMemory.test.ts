// Held to published counts of parameters, to bytes counted in PyTorch, and to the LoRA paper's section 4.2.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { architectureOf } from '../../model/architecture.ts';
import { TARGETS } from '../../model/targets.ts';
import { KNOWN_MODELS } from './knownModels.ts';
import { activationBytes, machineMemory, parametersOf, trainedParametersOf } from './machineMemory.ts';
import { known, EIGHT_OF_80_GB as setup, spec } from './testMachines.ts';

/** As the Hub's pages and the models' papers have them. */
const PUBLISHED: Readonly<Record<string, number>> = {
  'openai-community/gpt2': 124_439_808,
  'HuggingFaceTB/SmolLM2-135M-Instruct': 134_515_008,
  'HuggingFaceTB/SmolLM2-360M-Instruct': 361_821_120,
  'Qwen/Qwen2.5-0.5B-Instruct': 494_032_768,
  'meta-llama/Llama-3.2-1B-Instruct': 1_235_814_400,
  'Qwen/Qwen2.5-1.5B-Instruct': 1_543_714_304,
  'openai-community/gpt2-xl': 1_557_611_200,
  'HuggingFaceTB/SmolLM2-1.7B-Instruct': 1_711_376_384,
  'meta-llama/Llama-3.2-3B-Instruct': 3_212_749_824,
  'mistralai/Mistral-7B-Instruct-v0.3': 7_248_023_552,
  'Qwen/Qwen2.5-7B-Instruct': 7_615_616_512,
  'meta-llama/Llama-3.1-8B-Instruct': 8_030_261_248,
  'Qwen/Qwen2.5-14B-Instruct': 14_770_033_664,
  'Qwen/Qwen2.5-32B-Instruct': 32_763_876_352,
  'meta-llama/Llama-3.1-70B-Instruct': 70_553_706_496,
  'Qwen/Qwen2.5-72B-Instruct': 72_706_203_648,
  'meta-llama/Llama-3.1-405B-Instruct': 405_853_388_800,
};

test.each(KNOWN_MODELS)('$title: parameters', ({ id }) => {
  const count = parametersOf(known(id));
  if (id === 'gpt-3-175b') expect(count / 1e9).toBeCloseTo(174.6, 1);
  else expect(count).toBe(PUBLISHED[id]);
});

const counted = z
  .object({
    rows: z.int(),
    length: z.int(),
    cases: z.array(
      z.object({
        config: z.record(z.string(), z.unknown()),
        targets: z.array(z.enum(TARGETS)),
        rank: z.int(),
        dtype: z.enum(['float32', 'bfloat16']),
        checkpointing: z.boolean(),
        bytesPerLayer: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../e2e/fixtures/continue/activations.json', import.meta.url), 'utf8')));

test.each(counted.cases)(
  '$config.model_type $targets $dtype, checkpointing $checkpointing: what autograd keeps',
  ({ config, targets, rank, dtype, checkpointing, bytesPerLayer }) => {
    const bytes = (layers: number) => {
      const a = architectureOf({ num_hidden_layers: layers, n_layer: layers, ...config });
      const setup = { microBatch: counted.rows, length: counted.length, dtype, checkpointing };
      return activationBytes(a, spec(rank, ...targets), setup);
    };
    const perLayer = (bytes(6) - bytes(2)) / 4;
    expect(Math.abs(perLayer / bytesPerLayer - 1)).toBeLessThan(0.01);
  },
);

describe('machines', () => {
  test('Llama-3.1-70B fits eight GPUs of 80 GB when it is cut, and not whole', () => {
    const a = known('meta-llama/Llama-3.1-70B-Instruct');
    const cut = machineMemory(a, spec(16, 'q', 'v'), setup);
    expect(cut.weights).toBe((70_553_706_496 * 2) / 8);
    expect(cut.total).toBeLessThan(setup.gpuBytes);
    expect(machineMemory(a, spec(16, 'q', 'v'), { ...setup, sharding: 'none' }).total).toBeGreaterThan(141e9);
  });

  test('one GPU has nothing to cut; the sum is the sum', () => {
    const a = known('HuggingFaceTB/SmolLM2-135M-Instruct');
    const one = machineMemory(a, spec(8, 'q', 'v'), { ...setup, gpus: 1 });
    expect(one).toEqual(machineMemory(a, spec(8, 'q', 'v'), { ...setup, gpus: 1, sharding: 'none' }));
    const { total, ...parts } = one;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 0);
    expect(one.adapter).toBe(trainedParametersOf(a, spec(8, 'q', 'v')) * 16);
  });
});

test('GPT-3 with r = 4 on Wq and Wv: about 10,000 times fewer parameters, and 35 MB of them (LoRA paper, section 4.2)', () => {
  const a = known('gpt-3-175b');
  const trained = trainedParametersOf(a, spec(4, 'q', 'v'));
  // 2 × 96 layers × r × (d + d); table 4 has 37.7M for r = 8.
  expect(trained).toBe(2 * 96 * 4 * 2 * 12288);
  expect(trainedParametersOf(a, spec(8, 'q', 'v'))).toBe(37_748_736);
  expect(parametersOf(a) / trained).toBeGreaterThan(9000);
  expect((trained * 2) / 2 ** 20).toBeCloseTo(36, 0);
});
