// Training on frozen weights in every format against PyTorch and PEFT on the values that the format leaves: the loss, and
// adapter gradients that have come back through every matrix. Numbers from e2e/reference/quantized.py.
import { describe, expect, it } from 'vitest';
import { architectureOf } from '../model/architecture.ts';
import { allTensors, declareModel } from '../model/frozenModel.ts';
import { freeModel, loadModel } from '../model/loadModel.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { BLOCK_FORMATS, type Format } from '../ops/testWeight.ts';
import { BASE, train } from './testModels.ts';
import {
  adapterTensors,
  EXPECTED,
  expectedGradients,
  startingAdapter,
  tokenRows,
  weightFiles,
} from './testQuantized.ts';

/** f32 sums in another order than PyTorch's, through a whole network. */
const TOLERANCE = 1e-4;

const FORMATS: Format[] = ['f32', 'f16', 'bf16', ...BLOCK_FORMATS];

async function open(family: string, format: Format) {
  const gpu = await testGpu();
  const a = architectureOf(EXPECTED.configs[family]!);
  const files = weightFiles(family, format);
  const storage = format === 'q4k' || format === 'q5k' || format === 'q6k' ? 'file' : format;
  const model = declareModel(a, storage, gpu.limits.maxStorageBufferBindingSize, files);
  const before = gpu.allocatedBytes;
  await loadModel(gpu, model, files);
  const declaredBytes = allTensors(model).reduce((sum, { allocation }) => sum + Math.max(16, allocation.sizeBytes), 0);
  expect(gpu.allocatedBytes - before).toBe(declaredBytes);
  return { gpu, a, model };
}

describe.each(Object.keys(EXPECTED.configs))('%s', (family) => {
  it.each(FORMATS)('in %s: loss and adapter gradients', async (format) => {
    const { gpu, a, model } = await open(family, format);
    expect(model.keptAsF16).toEqual([]);
    const { layouts, layout, start } = startingAdapter(family, a);
    const rows = tokenRows(a);
    const settings = { ...BASE, batchSize: rows.length };
    const { reports, state } = await train({ gpu, model, layouts, settings, rows, start });
    freeModel(gpu, model);
    const loss = reports[0]!.adapters[0]!.loss;
    expect(Math.abs(loss / EXPECTED.losses[family]![format]! - 1)).toBeLessThan(TOLERANCE);
    const gradients = await expectedGradients();
    for (const { name, at, count } of adapterTensors(layout)) {
      const wanted = gradients.get(`${family}/${format}/${name}`)!;
      expect(relativeError(state.first.subarray(at, at + count), wanted), name).toBeLessThan(TOLERANCE);
    }
  });
});

it('matrices that are fused hold several types, each in tensors of its own', async () => {
  const { gpu, model } = await open('llama', 'q4k');
  const { qkv, up, down } = model.blocks[0]!.linears;
  const parts = ({ weight }: typeof qkv) => weight.matrix.parts.map((p) => [p.rowStart, p.tensor.type, p.tensor.shape]);
  expect(parts(qkv)).toEqual([
    [0, 'q4k', [384, 256]],
    [384, 'q6k', [128, 256]],
  ]);
  expect(parts(up)).toEqual([[0, 'q4k', [1024, 256]]]);
  expect(parts(down)).toEqual([[0, 'q6k', [256, 512]]]);
  freeModel(gpu, model);
});

it('every format has a loss of its own, near that of f32', () => {
  for (const losses of Object.values(EXPECTED.losses)) {
    expect(new Set(Object.values(losses)).size).toBe(FORMATS.length);
    for (const loss of Object.values(losses)) expect(Math.abs(loss / losses.f32! - 1)).toBeLessThan(0.03);
  }
});
