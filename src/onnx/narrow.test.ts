// Exports in f16 and in blocks, against exports in f32 of the same rounded weights.
import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { type NamedTensor, parityFiles, safetensorsSource } from '../adapters/testFixtures.ts';
import { bytesSource, readText } from '../formats/byteSource.ts';
import { toFloat32 } from '../formats/dtypes.ts';
import { type ModelFolder, sortModelFiles } from '../formats/modelFolder.ts';
import { type Architecture, architectureOf } from '../model/architecture.ts';
import { allMatrices, allVectors, declareModel } from '../model/frozenModel.ts';
import { parityRows, parityTensor } from '../model/testModel.ts';
import { random, relativeError } from '../ops/testGpu.ts';
import { onnxFolder } from './onnxFolder.ts';
import { keptAsF32 } from './quantizedWeights.ts';
import { ModelProtoSchema, type TensorProto, TensorProto_DataType } from './schema/onnx_pb.ts';
import { dequantize, entryBytes, openFixture, openSession, run } from './testSession.ts';

/** The same numbers, in another order. */
const BLOCKS_TOLERANCE = 1e-5;
/** The same weights, all sums in f32. A product with f16 in it is off by a thousandth. */
const F16_TOLERANCE = 1e-5;
/** Weights rounded to f16 (2⁻¹¹ each), through a few layers. */
const ROUNDED_TOLERANCE = 2e-3;

const FLOAT16 = TensorProto_DataType.FLOAT16;

type Model = Parameters<typeof onnxFolder>[0];

function opened(files: Parameters<typeof sortModelFiles>[0]): Model {
  const folder = sortModelFiles(files);
  if (folder.kind !== 'model') throw new Error('not a model');
  return folder as ModelFolder<Model['config']>;
}

/** A model of random weights, as a folder. */
async function randomModel(config: Record<string, unknown>): Promise<Model> {
  const a = architectureOf(config);
  const declared = declareModel(a, 'f32', Number.MAX_SAFE_INTEGER);
  const tensors = new Map<string, NamedTensor>();
  const put = (name: string, shape: readonly number[], centre: number, spread: number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, values: random(count, tensors.size + 1).map((value) => centre + spread * value) });
  };
  for (const { stored } of allVectors(declared)) {
    for (const { name, rows } of stored) put(name, [rows], /(norm|ln_\w)\.weight$/.test(name) ? 1 : 0, 0.3);
  }
  for (const { matrix, stored } of allMatrices(declared)) {
    const { cols } = matrix;
    for (const { name, rows, transposed } of stored) put(name, transposed ? [cols, rows] : [rows, cols], 0, 0.25);
  }
  return modelOf(config, tensors);
}

async function modelOf(config: object, tensors: ReadonlyMap<string, NamedTensor>): Promise<Model> {
  const json = (name: string, value: object) => bytesSource(new TextEncoder().encode(JSON.stringify(value)), name);
  const weights = await safetensorsSource(tensors, 'F32', 'model.safetensors');
  const tokenizer = parityFiles('llama/model').filter(({ name }) => name.startsWith('tokenizer'));
  return opened([json('config.json', config), ...tokenizer, weights]);
}

const TINY = { vocab_size: 70, num_hidden_layers: 2, num_attention_heads: 4, hidden_size: 64, intermediate_size: 96 };
const BLOCK_CASES: Readonly<Record<string, Record<string, unknown>>> = {
  'llama, tied': { model_type: 'llama', ...TINY, num_key_value_heads: 2, tie_word_embeddings: true },
  'qwen2, untied': { model_type: 'qwen2', ...TINY, num_key_value_heads: 1, tie_word_embeddings: false },
  gpt2: { model_type: 'gpt2', vocab_size: 70, n_embd: 96, n_layer: 2, n_head: 3, n_positions: 32 },
};

test.each(Object.entries(BLOCK_CASES))('blocks: logits of %s', async (_, config) => {
  const a = architectureOf(config);
  const model = await randomModel(config);
  const entries = await onnxFolder(model, a, undefined, { dtype: 'q4' });
  expect(entries.at(-1)?.name).toBe('onnx/model_q4.onnx');
  const file = await entryBytes(entries.at(-1)!);
  const dequantized = await modelOf(config, dequantizedTensors(a, file));
  const session = await openSession(await onnxFolder(dequantized, a, undefined, { dtype: 'f32' }));
  const ids = Array.from({ length: 12 }, (_, i) => (i * 29) % 70);
  const inBlocks = await run(await openSession(entries), a, { ids: [ids] });
  const widened = await run(session, a, { ids: [ids] });
  expect(relativeError(inBlocks.logits, widened.logits)).toBeLessThan(BLOCKS_TOLERANCE);
  const original = await run(await openSession(await onnxFolder(model, a, undefined, { dtype: 'f32' })), a, {
    ids: [ids],
  });
  const moved = relativeError(inBlocks.logits, original.logits);
  expect(moved).toBeGreaterThan(BLOCKS_TOLERANCE);
  expect(moved).toBeLessThan(0.3);
});

/** Every stored tensor as the file holds it: f16 widened, blocks by the operator's definition. */
function dequantizedTensors(a: Architecture, file: Uint8Array): Map<string, NamedTensor> {
  const initializers = new Map<string, TensorProto>();
  for (const tensor of fromBinary(ModelProtoSchema, file).graph?.initializer ?? [])
    initializers.set(tensor.name, tensor);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, { dims, rawData }] of initializers) {
    const [, stored, digits] = /^(.+)\.(?:q([48])|f16)$/.exec(name) ?? [];
    if (stored && !digits) {
      tensors.set(stored, { shape: dims.map(Number), values: toFloat32(new Uint8Array(rawData), 'F16') });
      continue;
    }
    if (!stored) {
      const isOwn = !/^constant\.|^rotary\.|\.q[48]\./.test(name);
      if (isOwn) tensors.set(name, { shape: dims.map(Number), values: toFloat32(new Uint8Array(rawData), 'F32') });
      continue;
    }
    const bits = digits === '4' ? 4 : 8;
    const scales = toFloat32(new Uint8Array(initializers.get(`${name}.scales`)!.rawData), 'F32');
    const [rows = 0, blocks = 0] = dims.map(Number);
    const packed = initializers.get(`${name}.zero_points`)?.rawData;
    const zeroPoints = Uint8Array.from(scales, (_, i) => {
      if (!packed) return 128;
      const at = i % blocks;
      return (packed[Math.floor(i / blocks) * Math.ceil(blocks / 2) + (at >> 1)]! >> (4 * (at % 2))) & 15;
    });
    const values = Float32Array.from(dequantize({ data: rawData, scales, zeroPoints }, bits));
    const isTurned = a.isConv1D && bits === 4;
    tensors.set(stored, isTurned ? turned(values, rows) : { shape: [rows, blocks * 32], values });
  }
  return tensors;
}

function turned(values: Float32Array, rows: number): NamedTensor {
  const cols = values.length / rows;
  const at = (i: number) => values[(i % rows) * cols + Math.floor(i / rows)]!;
  return { shape: [cols, rows], values: Float32Array.from(values, (_, i) => at(i)) };
}

test('a matrix whose rows no block divides stays f32', async () => {
  const { a } = await openFixture('gpt2');
  expect(keptAsF32(a)).toContain('h.0.attn.c_attn.weight');
  expect(keptAsF32(architectureOf(BLOCK_CASES.gpt2!))).toEqual([]);
});

const F16_CASES = [
  'gpt2',
  'llama',
  'llama-rope-llama3',
  'llama-rope-yarn',
  'mistral',
  'qwen2',
  'qwen2-untied',
  'qwen3',
];

test.each(F16_CASES)('f16: logits of %s', async (name) => {
  const { a, model, adapter } = await openFixture(name);
  const halves = await entryBytes((await onnxFolder(model, a, adapter, { dtype: 'f16' })).at(-1)!);
  const config = JSON.parse(await readText(model.config));
  const widened = await modelOf(config, dequantizedTensors(a, halves));
  const rounded = await openSession(await onnxFolder(widened, a, undefined, { dtype: 'f32' }));
  const ids = parityRows(name)[1]!;
  const reference = await run(rounded, a, { ids: [ids] });
  const session = await openSession(await onnxFolder(model, a, adapter, { dtype: 'f16' }));
  const whole = await run(session, a, { ids: [ids] });
  expect(relativeError(whole.logits, reference.logits)).toBeLessThan(F16_TOLERANCE);
  const first = await run(session, a, { ids: [ids.slice(0, 5)] });
  const second = await run(session, a, { ids: [ids.slice(5)] }, first.cache);
  const both = Float32Array.from([...first.logits, ...second.logits]);
  expect(relativeError(both, reference.logits)).toBeLessThan(F16_TOLERANCE);
});

// WebAssembly has no f16 of its own and computes all in f32: what WebGPU would make of the graph shows in its nodes only.
test.each([
  ['f16: nothing but casts reads f16', undefined, ['Cast']],
  ['f16, a model too large to be widened: products do', 1000, ['Gather', 'Gemm']],
])('%s', async (_, mostWidened, readers) => {
  const { a, model, adapter } = await openFixture('qwen2-untied');
  const entries = await onnxFolder(model, a, adapter, { dtype: 'f16', ...(mostWidened && { mostWidened }) });
  const { initializer, node, input } = fromBinary(ModelProtoSchema, await entryBytes(entries.at(-1)!)).graph!;
  const halves = new Set(initializer.filter(({ dataType }) => dataType === FLOAT16).map(({ name }) => name));
  expect(halves.size).toBe(2 + 2 * 7);
  const reading = node.filter((each) => each.input.some((name) => halves.has(name)));
  expect([...new Set(reading.map(({ opType }) => opType))].sort()).toEqual(readers);
  expect(
    input.filter(({ type }) => type?.value.case === 'tensorType' && type.value.value.elemType === FLOAT16),
  ).toEqual([]);
  const session = await openSession(entries);
  const { logits } = await run(session, a, { ids: [parityRows('qwen2-untied')[1]!] });
  expect(relativeError(logits, await parityTensor('qwen2-untied', 'logits/1'))).toBeLessThan(ROUNDED_TOLERANCE);
});
