// An adapter written for llama.cpp and read again does what it did; that llama.cpp itself agrees is shown by
// e2e/llamaCpp.ts.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ByteSource, bytesSource } from '../formats/byteSource.ts';
import { readGgufHeader } from '../formats/gguf.ts';
import type { GgufEntry, GgufTensor } from '../formats/ggufWriter.ts';
import { ggufEntry } from '../formats/ggufWriter.ts';
import { readFloats } from '../formats/storedFloats.ts';
import type { ZipEntry } from '../formats/zipWriter.ts';
import type { Architecture } from '../model/architecture.ts';
import { TARGETS } from '../model/targets.ts';
import { type AdapterLayout, type AdapterSpec, layOutAdapters } from './adapterSet.ts';
import { ggufAdapterFile } from './ggufAdapter.ts';
import type { ImportedAdapter } from './importedAdapter.ts';
import { readAdapter } from './peftFolder.ts';
import { parityArchitecture, parityFiles } from './testFixtures.ts';

interface Adapter {
  layout: AdapterLayout;
  block: Float32Array<ArrayBuffer>;
}

function laidOut(a: Architecture, imported: ImportedAdapter): Adapter {
  const layout = layOutAdapters(a, [imported.spec])[0]!;
  return { layout, block: imported.parametersFor(layout) };
}

function random(a: Architecture, spec: AdapterSpec): Adapter {
  const layout = layOutAdapters(a, [spec])[0]!;
  const block = Float32Array.from({ length: layout.count }, (_, i) => Math.sin(i * 12.9898) / 4);
  return { layout, block };
}

const options = { fileName: 'adapter.gguf', title: 'A run', baseModel: 'owner/model' };

async function bytesOf(entry: ZipEntry): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const bytes = entry.bytes();
  for await (const chunk of Symbol.asyncIterator in bytes ? bytes : [bytes]) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

async function written(a: Architecture, adapter: Adapter, dtype: 'F32' | 'F16' = 'F32'): Promise<ByteSource> {
  return bytesSource(await bytesOf(ggufAdapterFile(a, adapter, { ...options, dtype })), 'adapter.gguf');
}

/** scaling·B·A of every module of the base model, parts of one module in one matrix. */
function updates({ layout, block }: Adapter): Map<string, Float64Array> {
  const sums = new Map<string, Float64Array>();
  for (const { path, place, rank, scaling, aStart, bStart } of layout.modules) {
    const isFused = place.linear === 'qkv' && path.endsWith('c_attn');
    const start = isFused ? place.colStart : 0;
    const out = isFused ? 3 * place.inFeatures : place.colCount;
    const sum = sums.get(path) ?? new Float64Array(out * place.inFeatures);
    for (let row = 0; row < place.colCount; row++) {
      for (let col = 0; col < place.inFeatures; col++) {
        let dot = 0;
        for (let r = 0; r < rank; r++) {
          dot +=
            block[bStart - layout.start + row * rank + r]! * block[aStart - layout.start + r * place.inFeatures + col]!;
        }
        sum[(start + row) * place.inFeatures + col]! += scaling * dot;
      }
    }
    sums.set(path, sum);
  }
  return sums;
}

function expectSame(ours: Map<string, Float64Array>, theirs: Map<string, Float64Array>, tolerance: number): void {
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [path, values] of ours) {
    const other = theirs.get(path)!;
    const largest = Math.max(...values.map(Math.abs));
    const difference = Math.max(...values.map((value, i) => Math.abs(value - other[i]!)));
    expect(difference / largest, path).toBeLessThan(tolerance);
  }
}

const CASES = ['gpt2', 'llama', 'llama-biases', 'mistral', 'qwen2', 'qwen3', 'qwen3-tied'];

test.each(CASES)('%s: written as GGUF and read again, it changes the model as PEFT’s own files do', async (name) => {
  const a = parityArchitecture(name);
  const adapter = laidOut(a, await readAdapter(parityFiles(`${name}/adapter`), a));
  const file = await written(a, adapter);
  const again = await readAdapter([file], a);
  expect(again.config.baseModel).toBe('owner/model');
  expectSame(updates(laidOut(a, again)), updates(adapter), 1e-6);
});

test.each([
  ['llama-biases', 1e-6],
  ['gpt2', 1e-6],
  ['qwen3', 2e-3],
  ['mistral', 1e-6],
])('%s: a file that the gguf package wrote changes the model as PEFT’s own files do', async (name, tolerance) => {
  const a = parityArchitecture(name);
  const path = new URL(`../../e2e/fixtures/gguf/adapter-${name}.gguf`, import.meta.url);
  const theirs = await readAdapter([bytesSource(readFileSync(path), 'adapter.gguf')], a);
  const adapter = laidOut(a, await readAdapter(parityFiles(`${name}/adapter`), a));
  expectSame(updates(laidOut(a, theirs)), updates(adapter), tolerance);
});

test('f16 keeps eleven bits', async () => {
  const a = parityArchitecture('llama');
  const adapter = random(a, { rank: 4, alpha: 8, dropout: 0, useRslora: false, targets: ['q', 'down'] });
  expectSame(updates(laidOut(a, await readAdapter([await written(a, adapter, 'F16')], a))), updates(adapter), 2e-3);
});

test('rsLoRA, ranks of their own, GPT-2’s parts: one alpha in the file, the rest in B', async () => {
  for (const name of ['gpt2', 'qwen2']) {
    const a = parityArchitecture(name);
    const overrides = new Map([
      ['0.q', { rank: 2, alpha: 5 }],
      ['1.v', { rank: 7, alpha: 16 }],
    ]);
    const spec = { rank: 3, alpha: 16, dropout: 0, useRslora: true, targets: ['q', 'v', 'down'] as const, overrides };
    const adapter = random(a, spec);
    const file = await written(a, adapter);
    const { metadata } = await readGgufHeader(file);
    expect(metadata.get('adapter.lora.alpha')).toBeCloseTo(16 * Math.sqrt(3), 4);
    expectSame(updates(laidOut(a, await readAdapter([file], a))), updates(adapter), 1e-6);
  }
});

test('an alpha of 0 and a negative one: the file’s is never 0, which llama.cpp takes for none', async () => {
  const a = parityArchitecture('llama');
  const spec = { rank: 2, alpha: 0, dropout: 0, useRslora: false, targets: ['q', 'v'] as const };
  for (const overrides of [new Map(), new Map([['1.v', { rank: 2, alpha: -4 }]])]) {
    const adapter = random(a, { ...spec, overrides });
    const file = await written(a, adapter);
    expect((await readGgufHeader(file)).metadata.get('adapter.lora.alpha')).not.toBe(0);
    const theirs = updates(laidOut(a, await readAdapter([file], a)));
    for (const [path, values] of updates(adapter)) {
      const apart = values.map((value, i) => Math.abs(value - theirs.get(path)![i]!));
      expect(Math.max(...apart)).toBeLessThan(1e-6);
    }
  }
});

test('rows of q and k of the llama architecture lie as llama.cpp rotates them; other rows and architectures as they are', async () => {
  const spec = { rank: 2, alpha: 2, dropout: 0, useRslora: false, targets: ['q', 'k', 'v'] as const };
  for (const name of ['llama', 'mistral', 'qwen2', 'qwen3']) {
    const a = parityArchitecture(name);
    expect(a.kvHeads).toBeLessThan(a.heads);
    const adapter = random(a, spec);
    const file = await written(a, adapter);
    const { tensors } = await readGgufHeader(file);
    for (const [target, heads] of [
      ['q', a.heads],
      ['k', a.kvHeads],
      ['v', a.kvHeads],
    ] as const) {
      const module = adapter.layout.modules.find((m) => m.layer === 1 && m.place.target === target)!;
      const ours = adapter.block.subarray(module.bStart, module.bStart + 2 * heads * a.headDim);
      const info = tensors.get(`blk.1.attn_${target}.weight.lora_b`)!;
      const theirs = await readFloats({ source: file, info }, 0, ours.length);
      const isPermuted = target !== 'v' && (name === 'llama' || name === 'mistral');
      const half = a.headDim / 2;
      for (let head = 0; head < heads; head++) {
        for (let i = 0; i < half; i++) {
          for (let j = 0; j < 2; j++) {
            const row = head * a.headDim + (isPermuted ? 2 * i + j : j * half + i);
            const from = head * a.headDim + j * half + i;
            expect(theirs.slice(2 * row, 2 * row + 2)).toEqual(ours.slice(2 * from, 2 * from + 2));
          }
        }
      }
    }
  }
});

const f32 = (name: string, shape: number[]): GgufTensor => ({
  name,
  dtype: 'F32',
  shape,
  bytes: async function* () {
    yield new Uint8Array(4 * shape.reduce((product, size) => product * size, 1));
  },
});
const KEYS: Record<string, GgufEntry> = {
  architecture: { key: 'general.architecture', type: 'string', value: 'llama' },
  general: { key: 'general.type', type: 'string', value: 'adapter' },
  adapter: { key: 'adapter.type', type: 'string', value: 'lora' },
};

async function crafted(keys: Partial<typeof KEYS>, tensors: readonly GgufTensor[]): Promise<ByteSource> {
  const entries = Object.values({ ...KEYS, ...keys }).filter((entry) => entry !== undefined);
  return bytesSource(await bytesOf(ggufEntry('bad.gguf', entries, tensors)), 'bad.gguf');
}

test('without an alpha, B·A is added as it is', async () => {
  const a = parityArchitecture('llama');
  const q = a.heads * a.headDim;
  const tensors = [f32('blk.0.attn_q.weight.lora_a', [3, a.hiddenSize]), f32('blk.0.attn_q.weight.lora_b', [q, 3])];
  const { layout } = laidOut(a, await readAdapter([await crafted({}, tensors)], a));
  expect(layout.modules.map(({ layer, place, scaling }) => [layer, place.target, scaling])).toEqual([[0, 'q', 1]]);
});

test.each<[string, Partial<typeof KEYS>, GgufTensor[], RegExp]>([
  ['a model', { general: undefined }, [], /general\.type: expected "adapter", got "model"/],
  [
    'another method',
    { adapter: { key: 'adapter.type', type: 'string', value: 'cvec' } },
    [],
    /adapter\.type: expected "lora"/,
  ],
  [
    'another architecture',
    { architecture: { key: 'general.architecture', type: 'string', value: 'qwen2' } },
    [],
    /expected "llama" for this llama model, got "qwen2"/,
  ],
  [
    'activated LoRA',
    { alora: { key: 'adapter.alora.invocation_tokens', list: 'u32', values: [1] } },
    [],
    /activated LoRA/,
  ],
  ['no tensors', {}, [], /expected LoRA factors, got no tensors/],
  ['half a pair', {}, [f32('blk.0.attn_q.weight.lora_a', [2, 40])], /blk\.0\.attn_q\.weight has no lora_b/],
  [
    'a layer too many',
    {},
    [f32('blk.9.attn_q.weight.lora_a', [2, 40])],
    /"blk\.9\.attn_q\.weight\.lora_a": this llama model of \d+ layers/,
  ],
  ['the embedding', {}, [f32('token_embd.weight.lora_a', [2, 40])], /"token_embd\.weight\.lora_a"/],
  [
    'other shapes',
    {},
    [f32('blk.0.attn_q.weight.lora_a', [2, 5]), f32('blk.0.attn_q.weight.lora_b', [7, 2])],
    /expected lora_a \[r, \d+\] .* got \[2,5\] and \[7,2\]/,
  ],
])('refused by name: %s', async (_, keys, tensors, message) => {
  await expect(readAdapter([await crafted(keys, tensors)], parityArchitecture('llama'))).rejects.toThrow(message);
});

test('what llama.cpp would run otherwise is refused', () => {
  const a = parityArchitecture('gpt2');
  const adapter = random(a, { rank: 1, alpha: 1, dropout: 0, useRslora: false, targets: [TARGETS[0]] });
  const write = (changes: Partial<Architecture>) => () => ggufAdapterFile({ ...a, ...changes }, adapter, options);
  expect(write({ mlp: { kind: 'plain', activation: 'relu' } })).toThrow(/without the activation relu/);
  const llama3 = { type: 'llama3', headDim: 8, theta: 1e4, factor: 8, lowFreqFactor: 1, highFreqFactor: 4 } as const;
  const rotary = { ...llama3, originalMaxPositions: 8192 };
  const silu = { kind: 'gated', activation: 'silu' } as const;
  expect(write({ modelType: 'qwen2', mlp: silu, rotary })).toThrow(/rotary scaling of the Llama 3 kind/);
  expect(write({ modelType: 'qwen3', mlp: silu, hasQkvBias: true })).toThrow(/biases in attention/);
  expect(write({ attentionScale: (layer) => 1 / Math.sqrt(a.headDim) / (layer + 1) })).toThrow(/scaled by layer/);
});
