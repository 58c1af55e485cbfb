// For tests: the small models of e2e/reference/quantized.py, made again from its formulas, and its numbers.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type AdapterLayout, layOutAdapters } from '../adapters/adapterSet.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { crc32 } from '../formats/crc32.ts';
import { fromFloat32, toFloat32 } from '../formats/dtypes.ts';
import { quantizeBlocks } from '../formats/quantizeBlocks.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { StoredInfo, WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import { allMatrices, allVectors, declareModel } from '../model/frozenModel.ts';
import type { Target } from '../model/targets.ts';
import type { Format } from '../ops/testWeight.ts';
import { type KType, quantizeK } from './testKQuants.ts';

const FIXTURES = new URL('../../e2e/fixtures/quantized/', import.meta.url);

const expectedSchema = z.object({
  configs: z.record(z.string(), z.record(z.string(), z.unknown())),
  targets: z.record(z.string(), z.array(z.string())),
  rank: z.int(),
  alpha: z.number(),
  losses: z.record(z.string(), z.record(z.string(), z.number())),
});

export const EXPECTED = expectedSchema.parse(JSON.parse(readFileSync(new URL('expected.json', FIXTURES), 'utf8')));

export async function expectedGradients(): Promise<Map<string, Float32Array>> {
  const source = bytesSource(new Uint8Array(readFileSync(new URL('expected.safetensors', FIXTURES))), 'expected');
  const found = new Map<string, Float32Array>();
  for (const [name, info] of (await readSafetensorsHeader(source)).tensors) {
    found.set(name, toFloat32(await source.read(info.offset, info.sizeBytes), 'F32'));
  }
  return found;
}

/** u32 per element: the finalizer of MurmurHash3 over a counter that starts at the name's CRC-32. */
function hashes(name: string, count: number): Uint32Array<ArrayBuffer> {
  const seed = crc32(new TextEncoder().encode(name));
  return Uint32Array.from({ length: count }, (_, i) => {
    let h = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  });
}

function numbers(name: string, count: number, scale: number): Float32Array<ArrayBuffer> {
  const rounded = Math.fround(scale);
  return Float32Array.from(hashes(name, count), (h) => ((h >>> 8) / 2 ** 23 - 1) * rounded);
}

const K_TYPES: Readonly<Record<string, KType>> = { q4k: 'Q4_K', q5k: 'Q5_K', q6k: 'Q6_K' };

/** As files would hold them: floats, from which the engine quantizes; or, for K-quants, a GGUF file's blocks. */
export function weightFiles(family: string, format: Format): WeightFiles {
  const a = architectureOf(EXPECTED.configs[family]!);
  const model = declareModel(a, 'f32', Number.MAX_SAFE_INTEGER);
  const prefix = a.isConv1D ? 'transformer.' : 'model.';
  const tensors = new Map<string, WeightTensor>();
  const put = (
    name: string,
    dtype: StoredInfo['dtype'],
    shape: number[],
    bytes: Uint8Array<ArrayBuffer>,
    isOutIn?: true,
  ) => {
    const info = { name, dtype, shape, offset: 0, sizeBytes: bytes.length };
    tensors.set(name, { source: bytesSource(bytes, 'made'), info, ...(isOutIn ? { isOutIn } : {}) });
  };
  for (const { stored } of allVectors(model)) {
    const isNorm = /(norm|ln_\w)\.weight$/.test(stored[0]!.name);
    for (const { name, rows } of stored) {
      const values = numbers(`${family}/${prefix}${name}`, rows, 0.4).map((x) => (isNorm ? x + 1 : x));
      put(prefix + name, 'F32', [rows], fromFloat32(values, 'F32'));
    }
  }
  for (const { matrix, stored } of allMatrices(model)) {
    for (const { name, rows, transposed } of stored) {
      const full = name === 'lm_head.weight' ? name : prefix + name;
      const { cols } = matrix;
      const values = numbers(`${family}/${full}`, rows * cols, scaleOf(name, cols));
      const shape = transposed ? [cols, rows] : [rows, cols];
      const kType = K_TYPES[format];
      if (!kType) put(full, 'F32', shape, fromFloat32(values, 'F32'));
      else if (name.startsWith('wpe')) put(full, 'F16', shape, fromFloat32(values, 'F16'));
      else if (/embed|wte|lm_head/.test(name)) put(full, 'Q8_0', shape, asQ80(values));
      else {
        const type = /v_proj|down_proj/.test(name) ? 'Q6_K' : kType;
        // In a GGUF file the rows are outputs whatever the family.
        const outIn = transposed ? turned(values, cols, rows) : values;
        put(full, type, [rows, cols], quantizeK(outIn, type), transposed ? true : undefined);
      }
    }
  }
  return { tensors, ...(K_TYPES[format] ? { isGguf: true } : {}) };
}

function scaleOf(name: string, fanIn: number): number {
  if (name.startsWith('wpe')) return 0.3;
  return /embed|wte|lm_head/.test(name) ? 0.12 : 1.9 / Math.sqrt(fanIn);
}

/** [rows, cols] → [cols, rows] */
function turned(values: Float32Array<ArrayBuffer>, rows: number, cols: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (_, i) => values[(i % rows) * cols + Math.floor(i / rows)]!);
}

/** Our q8 with its scales rounded to f16. */
function asQ80(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const q8 = quantizeBlocks(values, 'q8');
  const bytes = new Uint8Array((q8.length / 36) * 34);
  for (let block = 0; block < q8.length / 36; block++) {
    bytes.set(fromFloat32(toFloat32(q8.slice(36 * block, 36 * block + 4), 'F32'), 'F16'), 34 * block);
    bytes.set(q8.subarray(36 * block + 4, 36 * block + 36), 34 * block + 2);
  }
  return bytes;
}

const TARGETS: Readonly<Record<string, Target>> = {
  q_proj: 'q',
  k_proj: 'k',
  v_proj: 'v',
  o_proj: 'o',
  gate_proj: 'gate',
  up_proj: 'up',
  down_proj: 'down',
  c_attn: 'qkv',
  'mlp.c_fc': 'up',
  'mlp.c_proj': 'down',
};

/** The adapter on the lowest block, and its flat parameters. */
export function startingAdapter(family: string, a: Architecture) {
  const targets = EXPECTED.targets[family]!.map((name) => TARGETS[name]!);
  const { rank, alpha } = EXPECTED;
  const layouts = layOutAdapters(a, [{ rank, alpha, dropout: 0, useRslora: false, targets, layers: [0, 0] }]);
  const [layout] = layouts;
  if (!layout) throw new Error('no layout');
  const start = new Float32Array(layout.start + layout.count);
  for (const { name, at, count, scale } of adapterTensors(layout)) start.set(numbers(name, count, scale), at);
  return { layouts, layout, start };
}

/** A and B of every module by PEFT's names, and where they lie in the flat parameters. */
export function adapterTensors({ modules }: AdapterLayout) {
  return modules.flatMap(({ path, rank, place, aStart, bStart }) => {
    const name = `base_model.model.${path}`;
    const a = { name: `${name}.lora_A.weight`, at: aStart, count: rank * place.inFeatures };
    const b = { name: `${name}.lora_B.weight`, at: bStart, count: rank * place.colCount };
    return [
      { ...a, scale: 1 / Math.sqrt(place.inFeatures) },
      { ...b, scale: 0.15 },
    ];
  });
}

/** Lengths 9, 33, 2 and 20; loss on the last half. */
export function tokenRows(a: Architecture) {
  return [9, 33, 2, 20].map((length, index) => ({
    ids: hashes(`row ${index}`, length).map((h) => 3 + (h % (a.vocabularySize - 3))),
    loss: Uint8Array.from({ length }, (_, t) => (t >= Math.max(1, Math.floor(length / 2)) ? 1 : 0)),
    line: index + 1,
  }));
}
