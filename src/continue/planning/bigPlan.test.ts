import { describe, expect, test } from 'vitest';
import { bigPlan } from './bigPlan.ts';
import { machineMemory } from './machineMemory.ts';
import { known, EIGHT_OF_80_GB as setup, spec } from './testMachines.ts';

const qv = spec(4, 'q', 'v');

test("GPT-3's size, r = 4 on Wq and Wv: the LoRA paper's 350 GB and 35 MB, within its rounding", () => {
  const plan = bigPlan(known('gpt-3-175b'), qv, setup);
  expect(plan.adapter.trainingBytes / 1e9).toBeGreaterThan(345);
  expect(plan.adapter.trainingBytes / 1e9).toBeLessThan(351);
  // The paper says 1.2 TB; weights, gradients and two moments of 2 bytes each are 1.27 TiB.
  expect(plan.everyWeight.trainingBytes / 2 ** 40).toBeCloseTo(1.27, 2);
  expect(plan.everyWeight.checkpointBytes / plan.adapter.checkpointBytes).toBeCloseTo(9253, -1);
  expect(plan.adapter.checkpointBytes / 2 ** 20).toBeCloseTo(36, 0);
});

test('SGD without momentum keeps no moments', () => {
  const plan = bigPlan(known('gpt-3-175b'), qv, { ...setup, optimizer: { kind: 'sgd', momentum: 0 } });
  expect(plan.everyWeight.trainingBytes).toBe(plan.parameters * 4);
});

describe('the fewest GPUs', () => {
  const a = known('meta-llama/Llama-3.1-70B-Instruct');

  test('hold it, and one fewer does not', () => {
    const { leastGpus, fits } = bigPlan(a, qv, { ...setup, gpus: 1 });
    expect(fits).toBe(false);
    const total = (gpus: number) => machineMemory(a, qv, { ...setup, gpus }).total;
    expect(total(leastGpus!)).toBeLessThanOrEqual(setup.gpuBytes);
    expect(total(leastGpus! - 1)).toBeGreaterThan(setup.gpuBytes);
  });

  test('are none where a copy on each does not fit, or a GPU cannot hold what is never cut', () => {
    expect(bigPlan(a, qv, { ...setup, sharding: 'none' }).leastGpus).toBeNull();
    expect(bigPlan(a, qv, { ...setup, gpuBytes: 2e9 }).leastGpus).toBeNull();
  });
});

test('FSDP keeps embedding and head whole beside two layers; a tied one once', () => {
  const gathered = (id: string, sharding: 'fsdp' | 'deepspeed') =>
    machineMemory(known(id), qv, { ...setup, sharding, dtype: 'bfloat16' }).gathered;
  const [h, m, kv, vocabulary] = [8192, 28672, 1024, 128256];
  const layers = 2 * (2 * h * h + 2 * h * kv + 3 * h * m);
  expect(gathered('meta-llama/Llama-3.1-70B-Instruct', 'fsdp')).toBe(2 * (layers + 2 * vocabulary * h));
  expect(gathered('meta-llama/Llama-3.1-70B-Instruct', 'deepspeed')).toBe(2 * layers);
  expect(gathered('gpt-3-175b', 'fsdp')).toBe(2 * (2 * 12 * 12288 ** 2 + 50257 * 12288));
});
