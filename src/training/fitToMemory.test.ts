import { expect, test } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { readShaderFiles } from '../cli/shaderFiles.ts';
import { ShaderLibrary } from '../gpu/shaders.ts';
import { CORE_TRAITS } from '../gpu/traits.ts';
import { architectureOf } from '../model/architecture.ts';
import { allTensors, declareModel } from '../model/frozenModel.ts';
import { type FitRunOptions, fitToMemory } from './fitToMemory.ts';
import { fullRows } from './fullRows.ts';
import { planMemory } from './lineUp.ts';
import { DEFAULT_RUN_SETTINGS } from './settings.ts';

const MIB = 2 ** 20;
const LIMITS = {
  maxBufferSize: 256 * MIB,
  maxStorageBufferBindingSize: 128 * MIB,
  maxComputeWorkgroupsPerDimension: 65_535,
};
const architecture = architectureOf({
  model_type: 'llama',
  vocab_size: 2000,
  hidden_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 1024,
  max_position_embeddings: 512,
});
const gpu = { shaders: new ShaderLibrary(readShaderFiles()), limits: LIMITS, traits: CORE_TRAITS };
const [layout] = layOutAdapters(architecture, [
  { rank: 8, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'v'] },
]);
const declare = (weights: 'f32' | 'f16') => declareModel(architecture, weights, LIMITS.maxStorageBufferBindingSize);
const bytesOf = (weights: 'f32' | 'f16') =>
  allTensors(declare(weights)).reduce((sum, { allocation }) => sum + allocation.sizeBytes, 0);
const training = { ...DEFAULT_RUN_SETTINGS.training, length: { kind: 'steps', steps: 1 } } as const;
const BESIDE = 100_000;

function fitting(change: Partial<FitRunOptions> = {}) {
  return fitToMemory({
    gpu,
    budgetBytes: 1e9,
    formats: (['f32', 'f16'] as const).map((format) => ({ format, bytes: bytesOf(format) })),
    declare: (weights) => declare(weights === 'f16' ? 'f16' : 'f32'),
    layouts: [layout!],
    training,
    data: { maxLength: 256 },
    besideBytes: BESIDE,
    hasRoomFor: async () => true,
    ...change,
  });
}

test('what is said of the choice is what its plan takes, with what lies beside it', async () => {
  const found = await fitting();
  if (found.kind !== 'fits') return expect.fail(found.reason);
  const { weights: _, ...settings } = found.choice;
  const rows = fullRows(8, 256, 256);
  const planned = { gpu, model: declare('f32'), layouts: [layout!], rows, validationRows: [] };
  const { total } = await planMemory({ ...planned, settings: { ...training, ...settings } });
  expect(found.bytes).toBe(total + BESIDE);
  expect(found.reason).toContain('No data is read yet: this is for rows of 256 tokens.');
});

test('shorter rows of real data take less, and nothing is said of missing data', async () => {
  const [long, short] = [await fitting(), await fitting({ data: { rows: fullRows(40, 20, 256), validationRows: [] } })];
  if (long.kind !== 'fits' || short.kind !== 'fits') return expect.fail('nothing fits');
  expect(short.bytes).toBeLessThan(long.bytes);
  expect(short.reason).not.toContain('No data');
});

test('a driver that gives less than the budget is believed', async () => {
  const most = 60e6;
  const found = await fitting({ hasRoomFor: async (bytes) => bytes <= most });
  if (found.kind !== 'fits') return expect.fail(found.reason);
  expect(found.bytes).toBeLessThanOrEqual(most);
  expect(found.reason).toMatch(/The GPU had no room for [\d.]+ MB\./);
});

test('a batch that no binding holds is not chosen, and shorter rows are offered where none is', async () => {
  const tight = { ...LIMITS, maxStorageBufferBindingSize: 4 * MIB };
  const found = await fitting({ gpu: { ...gpu, limits: tight } });
  expect(found).toMatchObject({ kind: 'fits', choice: { batchSize: 2, accumulate: 4 } });
  const tighter = { ...LIMITS, maxStorageBufferBindingSize: MIB };
  const nothing = await fitting({
    gpu: { ...gpu, limits: tighter },
    declare: (weights) => declareModel(architecture, weights, MIB),
  });
  expect(nothing).toMatchObject({ kind: 'tooLarge' });
  expect(nothing.reason).toMatch(
    /^Nothing fits this GPU: A batch of 1 × .* With rows of at most 128 tokens it would fit/,
  );
});
