// A model written as GGUF and opened again is the same model: its settings, its tokenizer, its weights with the adapter in
// them. That gguf-py reads every such file is shown by e2e/reference/check_gguf.py, that llama.cpp does by e2e/llamaCpp.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type ByteSource, bytesSource, readText } from '../formats/byteSource.ts';
import { readGgufHeader } from '../formats/gguf.ts';
import { dequantizeBlocks } from '../formats/ggufBlocks.ts';
import { quantizeForGguf } from '../formats/ggufQuantize.ts';
import type { ModelFolder } from '../formats/modelFolder.ts';
import { openModelFolder, openWeights } from '../formats/openModel.ts';
import { readFloats } from '../formats/storedFloats.ts';
import { openWeightFiles, type WeightFiles, type WeightTensor } from '../formats/weightFiles.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import { architectureOf } from '../model/architecture.ts';
import { type AdapterLayout, layOutAdapters } from './adapterSet.ts';
import type { GgufWeightType } from './ggufTensors.ts';
import { mergedFolder } from './mergedFolder.ts';
import { ggufFile } from './mergedGguf.ts';
import { readAdapter } from './peftFolder.ts';
import { PARITY_CASES, parityFiles, withFile } from './testFixtures.ts';

const GGUF = fileURLToPath(new URL('../../e2e/fixtures/gguf/', import.meta.url));

async function openFolder(files: readonly ByteSource[]): Promise<ModelFolder<ByteSource>> {
  const folder = await openModelFolder(files);
  if (folder.kind !== 'model') throw new Error(folder.kind);
  return folder;
}

async function configOf(folder: ModelFolder<ByteSource>): Promise<Record<string, unknown>> {
  return JSON.parse(await readText(folder.config));
}

async function sourceOf({ name, bytes }: ZipEntry): Promise<ByteSource> {
  const chunks: Uint8Array[] = [];
  const all = bytes();
  for await (const chunk of Symbol.asyncIterator in all ? all : [all]) chunks.push(chunk.slice());
  return bytesSource(Buffer.concat(chunks), name);
}

interface Adapter {
  layout: AdapterLayout;
  block: Float32Array<ArrayBuffer>;
}

async function adapterOf(name: string, config: Record<string, unknown>): Promise<Adapter> {
  const a = architectureOf(config);
  const imported = await readAdapter(parityFiles(`${name}/adapter`), a);
  const layout = layOutAdapters(a, [imported.spec])[0]!;
  return { layout, block: imported.parametersFor(layout) };
}

const options = (type: GgufWeightType) => ({ type, fileName: 'out.gguf', title: 'A model', baseModel: 'owner/base' });

async function exported(folder: ModelFolder<ByteSource>, adapter: Adapter | undefined, type: GgufWeightType) {
  const config = await configOf(folder);
  const { file, notes } = await ggufFile(folder, architectureOf(config), adapter, options(type));
  const source = await sourceOf(file);
  expect(source.sizeBytes).toBe(file.sizeBytes);
  const again = await openFolder([source]);
  return { source, notes, again, weights: await openWeights(again) };
}

/** In the order of a transformers folder. */
async function valuesOf(tensor: WeightTensor): Promise<Float32Array> {
  const { info, isOutIn } = tensor;
  const values = await readFloats(
    tensor,
    0,
    info.shape.reduce((product, size) => product * size, 1),
  );
  const [rows = 0, cols = 0] = info.shape;
  if (!isOutIn) return values;
  return values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)] ?? 0);
}

/** To the bit. */
function expectSame(key: string, ours: Float32Array, theirs: Float32Array): void {
  const isSame = Buffer.from(ours.buffer).equals(Buffer.from(theirs.buffer));
  expect(isSame, key).toBe(true);
}

/** The weights that merging into a transformers folder gives, f32. */
async function mergedWeights(folder: ModelFolder<ByteSource>, adapter: Adapter | undefined): Promise<WeightFiles> {
  if (!adapter) return openWeights(folder);
  const files = await mergedFolder(folder, architectureOf(await configOf(folder)), adapter, { dtype: 'F32' });
  const weights = files.find(({ name }) => name === 'model.safetensors');
  if (!weights) throw new Error('no weights');
  return openWeightFiles([await sourceOf(weights)]);
}

/** Not the GPT-2 with another activation, which llama.cpp does not run. */
const MODELS = PARITY_CASES.filter((name) => name !== 'gpt2-inner');

test.each(MODELS)('%s, with its adapter, F32: the same settings, tokenizer and weights again', async (name) => {
  const folder = await openFolder(parityFiles(`${name}/model`));
  const config = await configOf(folder);
  const adapter = await adapterOf(name, config);
  const { again, weights } = await exported(folder, adapter, 'F32');
  expect(JSON.stringify(architectureOf(await configOf(again)))).toBe(JSON.stringify(architectureOf(config)));
  const merged = await mergedWeights(folder, adapter);
  for (const [key, tensor] of weights.tensors) {
    expectSame(key, await valuesOf(tensor), await valuesOf(merged.tensors.get(key)!));
  }
  const tokenizer = async ({ tokenizer: file }: ModelFolder<ByteSource>) => JSON.parse(await readText(file));
  const [ours, theirs] = [await tokenizer(again), await tokenizer(folder)];
  expect(ours.model.vocab).toEqual(theirs.model.vocab);
  expect(ours.model.merges).toEqual(theirs.model.merges);
  expect(ours.added_tokens).toEqual(theirs.added_tokens);
});

test.each(['F16', 'Q8_0', 'Q4_0'] as const)('%s: each matrix is what the merged weights make of it', async (type) => {
  for (const name of ['llama-biases', 'gpt2', 'qwen3-tied', 'qwen2-untied']) {
    const folder = await openFolder(parityFiles(`${name}/model`));
    const adapter = await adapterOf(name, await configOf(folder));
    const { source, again, notes } = await exported(folder, adapter, type);
    const { metadata, tensors } = await readGgufHeader(source);
    expect(metadata.get('general.file_type')).toBe({ F16: 1, Q8_0: 7, Q4_0: 2 }[type]);
    const merged = await mergedWeights(folder, adapter);
    const isTied = !tensors.has('output.weight');
    let inBlocks = 0;
    for (const [key, tensor] of (await openWeights(again)).tensors) {
      const expected = await valuesOf(merged.tensors.get(key)!);
      const isVector = tensor.info.shape.length === 1 || key.endsWith('wpe.weight');
      if (isVector) {
        expect(tensor.info.dtype, key).toBe('F32');
        expectSame(key, await valuesOf(tensor), expected);
        continue;
      }
      const isHead = key === 'lm_head.weight' || (isTied && /(embed_tokens|wte)\.weight$/.test(key));
      const fits = (tensor.info.shape.at(-1) ?? 0) % 32 === 0;
      expect(tensor.info.dtype, key).toBe(!fits ? 'F16' : type === 'Q4_0' && isHead ? 'Q8_0' : type);
      if (fits && type !== 'F16') inBlocks++;
      // One step of the format, of the largest of a block.
      const step = { F32: 0, F16: 1e-3, Q8_0: 1 / 127, Q4_0: 1 / 7.9 }[tensor.info.dtype === 'F16' ? 'F16' : type];
      const values = await valuesOf(tensor);
      const largest = Math.max(...expected.map(Math.abs));
      expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i]!))) / largest, key).toBeLessThan(step);
    }
    expect(notes.some((note) => note.includes('are F16'))).toBe(type !== 'F16' && inBlocks < 20);
  }
});

const ggufFiles = (name: string) =>
  readdirSync(GGUF)
    .filter((file) => file.replace(/(-\d{5}-of-\d{5})?\.gguf$/, '') === name)
    .map((file) => bytesSource(readFileSync(GGUF + file), file));

test.each(['gpt2', 'llama-rope-llama3', 'qwen2-untied'])('%s from GGUF: metadata and weights stay', async (name) => {
  const files = ggufFiles(name);
  const folder = await openFolder(files);
  const { source, again } = await exported(folder, undefined, 'F32');
  const [before, after] = [await readGgufHeader(files[0]!), await readGgufHeader(source)];
  for (const [key, value] of before.metadata) {
    if (!/^(split\.|general\.file_type|general\.quantization_version)/.test(key)) {
      expect(after.metadata.get(key), key).toEqual(value);
    }
  }
  expect([...after.metadata.keys()].some((key) => key.startsWith('split.'))).toBe(false);
  expect(await readText(again.config)).toBe(await readText(folder.config));
  const [theirs, ours] = [await openWeights(folder), await openWeights(again)];
  expect([...ours.tensors.keys()].sort()).toEqual([...theirs.tensors.keys()].sort());
  for (const [key, tensor] of theirs.tensors) {
    expectSame(key, await valuesOf(ours.tensors.get(key)!), await valuesOf(tensor));
  }
});

test('from a GGUF of many types: blocks stay where blocks are asked and nothing is added', async () => {
  const folder = await openFolder(ggufFiles('mixed'));
  const a = architectureOf(await configOf(folder));
  const spec = { rank: 2, alpha: 4, dropout: 0, useRslora: false, targets: ['q', 'down'] as const };
  const layout = layOutAdapters(a, [spec])[0]!;
  const adapter = { layout, block: Float32Array.from({ length: layout.count }, (_, i) => Math.sin(i) / 30) };
  const stored = await openWeights(folder);
  const merged = await mergedWeights(folder, adapter);
  const { weights, notes, source } = await exported(folder, adapter, 'Q4_0');
  expect((await readGgufHeader(source)).metadata.get('general.base_model.0.repo_url')).toMatch('owner/base');
  let kept = 0;
  for (const [key, tensor] of weights.tensors) {
    const before = stored.tensors.get(key)!;
    const isAdapted = /q_proj|down_proj/.test(key);
    if (!isAdapted && before.info.shape.length === 2 && !/^(F|BF)/.test(before.info.dtype)) {
      kept++;
      expect(tensor.info.dtype, key).toBe(before.info.dtype);
      expectSame(key, await valuesOf(tensor), await valuesOf(before));
    } else if (isAdapted) {
      expect(tensor.info.dtype, key).toBe('Q4_0');
      const blocks = quantizeForGguf(Float32Array.from(await valuesOf(merged.tensors.get(key)!)), 'Q4_0');
      expectSame(key, await valuesOf(tensor), dequantizeBlocks(blocks, 'Q4_0', (blocks.length / 18) * 32));
    }
  }
  expect(kept).toBeGreaterThan(3);
  expect(notes.join(' ')).toMatch(/kept in the types of the base, since the adapter adds nothing to them/);
  const halves = await exported(folder, undefined, 'F16');
  const types = new Set([...halves.weights.tensors.values()].map(({ info }) => info.dtype));
  expect([...types].sort()).toEqual(['F16', 'F32']);
});

test('a window that llama.cpp does not keep is said, and kept for readers that know it', async () => {
  const files = parityFiles('mistral/model');
  const config = { ...(await configOf(await openFolder(files))), sliding_window: 7 };
  const changed = bytesSource(new TextEncoder().encode(JSON.stringify(config)), 'config.json');
  const { notes, again } = await exported(await openFolder(withFile(files, changed)), undefined, 'F32');
  expect(notes.join(' ')).toMatch(/without its sliding window of 7 tokens/);
  expect(architectureOf(await configOf(again)).slidingWindow).toBe(7);
});

test('a weight too large for f16 is named', async () => {
  const folder = await openFolder(parityFiles('llama/model'));
  const config = await configOf(folder);
  const adapter = await adapterOf('llama', config);
  const { file } = await ggufFile(
    folder,
    architectureOf(config),
    { ...adapter, block: adapter.block.map((x) => x * 1e6) },
    options('F16'),
  );
  await expect(sourceOf(file)).rejects.toThrow(/blk\.0\.attn_q\.weight holds .*, too large for f16; export as f32/);
});
