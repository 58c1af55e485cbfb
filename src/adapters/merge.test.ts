import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../formats/byteSource.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { fromFloat32, toFloat32 } from '../formats/dtypes.ts';
import { type ModelFolder, sortModelFiles } from '../formats/modelFolder.ts';
import { openWeightFiles } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { allMatrices, declareModel } from '../model/frozenModel.ts';
import { freeModel, loadModel } from '../model/loadModel.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { layOutAdapters } from './adapterSet.ts';
import { initialParameters } from './initial.ts';
import { addUpdate } from './merge.ts';
import { mergedFolder, withTorchDtype } from './mergedFolder.ts';
import { mergeInto, unmerge } from './mergeInto.ts';
import { readAdapter } from './peftFolder.ts';
import { parityArchitecture, parityFiles, readTensors } from './testFixtures.ts';

/** PEFT multiplies B and A in f32, here the sums are in f64. */
const MERGE_TOLERANCE = 1e-6;

async function open(name: string) {
  const a = parityArchitecture(name);
  const model = sortModelFiles(parityFiles(`${name}/model`));
  if (model.kind !== 'model') throw new Error('not a model');
  const imported = await readAdapter(parityFiles(`${name}/adapter`), a);
  const layout = layOutAdapters(a, [imported.spec])[0]!;
  const block = imported.parametersFor(layout);
  return { a, model, layout, block };
}

async function bytesOf(entry: ZipEntry): Promise<Uint8Array> {
  const bytes = entry.bytes();
  if (!(Symbol.asyncIterator in bytes)) return bytes;
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

async function sourcesOf(entries: readonly ZipEntry[]): Promise<ByteSource[]> {
  return Promise.all(entries.map(async (entry) => bytesSource(await bytesOf(entry), entry.name)));
}

async function weightsOf({ weights }: Pick<ModelFolder<ByteSource>, 'weights'>) {
  const { tensors } = await openWeightFiles(weights);
  const found = new Map<string, Float32Array>();
  for (const [name, { source, info }] of tensors) {
    const dtype = info.dtype;
    if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') throw new Error(`${name}: ${dtype}`);
    found.set(name, toFloat32(await source.read(info.offset, info.sizeBytes), dtype));
  }
  return found;
}

function opened(files: readonly ByteSource[]): ModelFolder<ByteSource> {
  const folder = sortModelFiles(files);
  if (folder.kind !== 'model') throw new Error('not a model');
  return folder;
}

describe.each(['cli-bos', 'cli-plain'])('merging the adapter of %s', (name) => {
  test('gives what PEFT merges, in f32, and leaves the rest as it was', async () => {
    const { a, model, layout, block } = await open(name);
    const entries = await mergedFolder(model, a, { layout, block }, { dtype: 'F32' });
    const merged = await weightsOf(opened(await sourcesOf(entries)));
    const expected = await readTensors(parityFiles(name).find((file) => file.name === 'expected.safetensors')!);
    const frozen = await weightsOf(model);
    let changed = 0;
    for (const [tensor, values] of merged) {
      const theirs = expected.get(`merged/${tensor}`);
      if (theirs) changed++;
      if (theirs) expect(relativeError(values, theirs.values)).toBeLessThan(MERGE_TOLERANCE);
      else expect(values).toEqual(frozen.get(tensor));
    }
    expect(changed).toBe(new Set(layout.modules.map(({ path }) => path)).size);
    expect([...merged.keys()]).toEqual([...frozen.keys()]);
  });

  test.each(['F16', 'BF16'] as const)('in %s, in shards', async (dtype) => {
    const { a, model, layout, block } = await open(name);
    const whole = opened(await sourcesOf(await mergedFolder(model, a, { layout, block }, { dtype: 'F32' })));
    const entries = await mergedFolder(model, a, { layout, block }, { dtype, maxShardBytes: 30_000 });
    for (const entry of entries) expect((await bytesOf(entry)).length).toBe(entry.sizeBytes);
    const sources = await sourcesOf(entries);
    const small = opened(sources);
    expect(small.weights.length).toBeGreaterThan(2);
    const exact = await weightsOf(whole);
    for (const [tensor, values] of await weightsOf(small)) {
      expect(values).toEqual(toFloat32(fromFloat32(Float32Array.from(exact.get(tensor)!), dtype), dtype));
    }
    const config: { dtype?: string } = JSON.parse(new TextDecoder().decode(await bytesOf(entries[0]!)));
    expect(config.dtype).toBe(dtype === 'F16' ? 'float16' : 'bfloat16');
    const copied = ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json'];
    expect(entries.map((entry) => entry.name)).toEqual(expect.arrayContaining(copied));
  });

  test.each(['f32', 'bf16'] as const)('on the GPU in %s: merged, and unmerged to the same bits', async (storage) => {
    const gpu = await testGpu();
    const { a, model, layout, block } = await open(name);
    const files = await openWeightFiles(model.weights);
    const frozen = declareModel(a, storage, gpu.limits.maxStorageBufferBindingSize);
    await loadModel(gpu, frozen, files);
    const read = () =>
      Promise.all(
        allMatrices(frozen)
          .flatMap(({ matrix }) => matrix.parts)
          .map(async ({ tensor }) => new Uint8Array(await gpu.read(tensor))),
      );
    const before = await read();
    await mergeInto(gpu, frozen, files, layout, block);
    const merged = await read();
    expect(merged.filter((bytes, i) => Buffer.compare(bytes, before[i]!) !== 0).length).toBe(a.layers);
    await unmerge(gpu, frozen, files, layout);
    expect(await read()).toEqual(before);
    // Loading the merged folder gives the same weights as merging in place.
    const again = declareModel(a, storage, gpu.limits.maxStorageBufferBindingSize);
    const folder = opened(await sourcesOf(await mergedFolder(model, a, { layout, block }, { dtype: 'F32' })));
    await loadModel(gpu, again, await openWeightFiles(folder.weights));
    for (const [i, { matrix }] of allMatrices(again).entries()) {
      expect(new Uint8Array(await gpu.read(matrix.parts[0]!.tensor))).toEqual(merged[i]);
    }
    freeModel(gpu, frozen);
    freeModel(gpu, again);
  });
});

test('q and v of GPT-2 alone change their columns of c_attn only', async () => {
  const { a, model } = await open('cli-plain');
  const spec = { rank: 2, alpha: 4, dropout: 0, useRslora: false, targets: ['q', 'v'] as const };
  const layout = layOutAdapters(a, [spec])[0]!;
  const block = initialParameters([layout], [1]).subarray(0, layout.count).fill(0.5);
  const entries = await mergedFolder(model, a, { layout, block }, { dtype: 'F32' });
  const [before, after] = [await weightsOf(model), await weightsOf(opened(await sourcesOf(entries)))];
  const name = 'transformer.h.1.attn.c_attn.weight';
  const d = a.hiddenSize;
  after.get(name)!.forEach((value, i) => {
    const difference = value - before.get(name)![i]!;
    const col = i % (3 * d);
    // s · sum over 2 ranks of 0.5 · 0.5 = 2 · 0.5
    const expected = col >= d && col < 2 * d ? 0 : 1;
    if (Math.abs(difference - expected) > 1e-6) throw new Error(`element ${i}: ${difference}, expected ${expected}`);
  });
});

test.each([false, true])('pieces cut anywhere add up to the whole (transposed %s)', (isTransposed) => {
  const [rank, inFeatures, outCount, outStart, outFeatures] = [3, 7, 4, 2, 11];
  const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.cos(3 * i));
  const part = { rank, scaling: 1.5, a: ramp(rank * inFeatures), b: ramp(outCount * rank), outStart, outCount };
  const [rows, cols] = isTransposed ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
  const expected = new Float32Array(rows * cols);
  for (let out = 0; out < outCount; out++) {
    for (let k = 0; k < inFeatures; k++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += part.b[out * rank + r]! * part.a[r * inFeatures + k]!;
      expected[isTransposed ? k * cols + outStart + out : (outStart + out) * cols + k] = 1.5 * sum;
    }
  }
  for (const size of [1, 3, cols, cols + 2, rows * cols]) {
    const values = new Float32Array(rows * cols);
    for (let start = 0; start < values.length; start += size) {
      addUpdate(values.subarray(start, start + size), start, cols, { isTransposed, parts: [part] });
    }
    expect(values).toEqual(expected);
  }
});

test('a weight too large for f16 is refused by name', async () => {
  const { a, model, layout, block } = await open('cli-bos');
  const entries = await mergedFolder(model, a, { layout, block: block.map((x) => x * 1e4) }, { dtype: 'F16' });
  const weights = entries.find(({ name }) => name === 'model.safetensors')!;
  await expect(bytesOf(weights)).rejects.toThrow(/self_attn\.[qv]_proj\.weight holds .* too large for f16/);
});

test('a head of its own is said in config.json, which may leave it to a default', async () => {
  const { a, model, layout, block } = await open('cli-plain');
  const text = new TextDecoder().decode(await model.config.read(0, model.config.sizeBytes));
  const { tie_word_embeddings: _, ...rest } = JSON.parse(text);
  const config = bytesSource(new TextEncoder().encode(JSON.stringify(rest)), 'config.json');
  const written = async (isTied: boolean) => {
    const entries = await mergedFolder({ ...model, config }, { ...a, isTied }, { layout, block }, { dtype: 'F32' });
    return JSON.parse(new TextDecoder().decode(await bytesOf(entries[0]!)));
  };
  expect(await written(true)).not.toHaveProperty('tie_word_embeddings');
  expect(await written(false)).toMatchObject({ ...rest, tie_word_embeddings: false });
});

test('config.json keeps everything but its type', () => {
  expect(withTorchDtype('{"a": 1.0, "torch_dtype": "float32"}', 'float16')).toBe(
    '{"a": 1.0, "torch_dtype": "float16"}',
  );
  expect(withTorchDtype('{"dtype": null}', 'bfloat16')).toBe('{"dtype": "bfloat16"}');
  expect(JSON.parse(withTorchDtype('{\n  "a": 1\n}', 'float32'))).toEqual({ torch_dtype: 'float32', a: 1 });
});
