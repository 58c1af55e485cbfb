// Training on frozen weights in every format against PyTorch and PEFT on the values that the format leaves: the loss, and
// adapter gradients that have come back through every matrix. Numbers from e2e/reference/quantized.py.
import { describe, expect, it } from 'vitest';
import { mergeInto, unmerge } from '../adapters/mergeInto.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { architectureOf } from '../model/architecture.ts';
import { allMatrices, allTensors, declareModel, type FrozenModel } from '../model/frozenModel.ts';
import { freeModel, loadModel } from '../model/loadModel.ts';
import { keptAsF16Text, type WeightStorage } from '../model/weightStorage.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { BLOCK_FORMATS, type Format } from '../ops/testWeight.ts';
import { BASE, train, withCase } from './testModels.ts';
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

const storageOf = (format: Format) =>
  format === 'q4k' || format === 'q5k' || format === 'q6k' ? ('file' as const) : format;

async function open(
  family: string,
  format: Format,
  { storage = storageOf(format), maxBinding }: { storage?: WeightStorage; maxBinding?: number } = {},
) {
  const gpu = await testGpu();
  const a = architectureOf(EXPECTED.configs[family]!);
  const files = weightFiles(family, format);
  const model = declareModel(a, storage, maxBinding ?? gpu.limits.maxStorageBufferBindingSize, files);
  const before = gpu.allocatedBytes;
  await loadModel(gpu, model, files);
  const declaredBytes = allTensors(model).reduce((sum, { allocation }) => sum + Math.max(16, allocation.sizeBytes), 0);
  expect(gpu.allocatedBytes - before).toBe(declaredBytes);
  return { gpu, a, files, model };
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

it.each(['q4', 'q4k'] as const)('%s cut by rows for a small binding: the same loss', async (format) => {
  // 128 rows of 256 at q8 are 36,864 bytes, at Q6_K 27,136; rows of 512 take twice that.
  const { gpu, a, model } = await open('llama', format, { maxBinding: 60_000 });
  expect(model.embedding.matrix.parts.map(({ rowStart }) => rowStart)).toEqual([0, 128, 256]);
  const { layouts, start } = startingAdapter('llama', a);
  const rows = tokenRows(a);
  const { reports } = await train({ gpu, model, layouts, settings: { ...BASE, batchSize: rows.length }, rows, start });
  freeModel(gpu, model);
  expect(Math.abs(reports[0]!.adapters[0]!.loss / EXPECTED.losses.llama![format]! - 1)).toBeLessThan(TOLERANCE);
});

describe('merging in place', () => {
  const bytesOf = async (model: FrozenModel) => {
    const gpu = await testGpu();
    return Promise.all(allTensors(model).map(async (tensor) => new Uint8Array(await gpu.read(tensor))));
  };

  it.each([
    ['f32', 'q4'],
    ['q4k', 'file'],
  ] as const)('from %s files, kept as %s: refused, and nothing changed', async (format, storage) => {
    const { gpu, a, files, model } = await open('llama', format, { storage });
    const { layout, start } = startingAdapter('llama', a);
    const before = await bytesOf(model);
    const block = start.subarray(layout.start, layout.start + layout.count);
    await expect(mergeInto(gpu, model, files, layout, block)).rejects.toThrow(
      /kept as q4k?: merged in place it would be rounded .* Load the model as f32, f16 or bf16/,
    );
    expect(await bytesOf(model)).toEqual(before);
    freeModel(gpu, model);
  });

  it('from K-quants kept as f16: merged, and unmerged to the same bits', async () => {
    const { gpu, a, files, model } = await open('gpt2', 'q5k', { storage: 'f16' });
    const { layout, start } = startingAdapter('gpt2', a);
    const before = await bytesOf(model);
    await mergeInto(gpu, model, files, layout, start.subarray(layout.start, layout.start + layout.count));
    const merged = await bytesOf(model);
    expect(merged.filter((bytes, i) => Buffer.compare(bytes, before[i]!) !== 0)).toHaveLength(3);
    await unmerge(gpu, model, files, layout);
    expect(await bytesOf(model)).toEqual(before);
    freeModel(gpu, model);
  });
});

describe('loading', () => {
  it('cancelled while it quantizes: everything is freed', async () => {
    const gpu = await testGpu();
    const files = weightFiles('llama', 'q4');
    const model = declareModel(architectureOf(EXPECTED.configs.llama!), 'q4', 2 ** 27);
    const before = gpu.allocatedBytes;
    const controller = new AbortController();
    const onProgress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }) => {
      if (doneBytes > totalBytes / 2) controller.abort();
    };
    await expect(loadModel(gpu, model, files, { onProgress, signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(gpu.allocatedBytes).toBe(before);
  });

  it('names the tensor whose numbers the format cannot hold', async () => {
    const gpu = await testGpu();
    const files = weightFiles('llama', 'q4');
    const name = 'model.layers.1.self_attn.k_proj.weight';
    const { info } = files.tensors.get(name)!;
    const values = new Float32Array(128 * 256);
    values[5000] = Number.NaN;
    files.tensors.set(name, { info, source: bytesSource(new Uint8Array(values.buffer), 'model.safetensors') });
    const a = architectureOf(EXPECTED.configs.llama!);
    await expect(loadModel(gpu, declareModel(a, 'q4', 2 ** 27), files)).rejects.toThrow(
      `model.safetensors: ${name} holds NaN, which q4 cannot hold; use f32 or bf16`,
    );
  });

  it('keeps as f16 what no block divides, and says so', async () => {
    await withCase('llama', async ({ model }) => {
      const { architecture } = model;
      const declared = declareModel(architecture, 'q8', 2 ** 27);
      expect(declared.keptAsF16).toHaveLength(1 + 7 * architecture.layers + 1);
      expect(keptAsF16Text('q8', declared.keptAsF16)).toMatch(
        /^23 matrices are kept as f16, since no q8 block divides their rows: embed_tokens.weight, layers.0/,
      );
      expect(new Set(allMatrices(declared).flatMap(({ matrix }) => matrix.parts.map((p) => p.tensor.type)))).toEqual(
        new Set(['f16']),
      );
    });
  });
});

it('every format has a loss of its own, near that of f32', () => {
  for (const losses of Object.values(EXPECTED.losses)) {
    expect(new Set(Object.values(losses)).size).toBe(FORMATS.length);
    for (const loss of Object.values(losses)) expect(Math.abs(loss / losses.f32! - 1)).toBeLessThan(0.03);
  }
});
