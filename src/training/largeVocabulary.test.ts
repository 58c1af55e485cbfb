// An embedding and head of 151,936 × 896 in f32: 544 MB, five times what lavapipe binds. The model is one block whose two
// products end in zeros, so that it passes its input on, and everything that meets the table can be worked out on the CPU:
// lookup, logits, generation, loss, and the gradient that leaves the head.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdapterLayout, layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import type { WeightFiles } from '../formats/weightFiles.ts';
import type { Gpu } from '../gpu/device.ts';
import { architectureOf } from '../model/architecture.ts';
import { declareModel, type FrozenModel } from '../model/frozenModel.ts';
import { Generator } from '../model/generator.ts';
import { freeModel, loadModel } from '../model/loadModel.ts';
import { streamLogits } from '../model/logits.ts';
import { relativeError, testGpu } from '../ops/testGpu.ts';
import { rmsNormBackward, rmsNormForward } from '../reference/rmsNorm.ts';
import { BASE } from './testModels.ts';
import { Trainer } from './trainer.ts';
import { freshState } from './trainerState.ts';

const [VOCABULARY, HIDDEN, HEADS, KV_HEADS, HEAD_DIM, MLP] = [151_936, 896, 14, 2, 64, 64];
const CONFIG = {
  model_type: 'qwen2',
  vocab_size: VOCABULARY,
  hidden_size: HIDDEN,
  num_hidden_layers: 1,
  num_attention_heads: HEADS,
  num_key_value_heads: KV_HEADS,
  intermediate_size: MLP,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
};
const EPS = 1e-6;
/** Sums of 896 products in f32, and of 151,936 exponentials. */
const TOLERANCE = 2e-5;
/** Tokens of the first, a middle and the last part of the table, the very last among them. */
const IDS = [0, 77_777, VOCABULARY - 1];
const TARGETS = [VOCABULARY - 2, 3, 120_001];

/** Of a small trained model's size; the same everywhere. */
function tableValue(index: number): number {
  let mixed = Math.imul(index ^ (index >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return Math.fround((((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1) * 0.02);
}

function tensor(name: string, shape: number[], valueAt: (index: number) => number) {
  const count = shape.reduce((product, size) => product * size, 1);
  const source: ByteSource = {
    name,
    sizeBytes: count * 4,
    async read(offset, length) {
      const values = new Float32Array(length / 4);
      for (let i = 0; i < values.length; i++) values[i] = valueAt(offset / 4 + i);
      return new Uint8Array(values.buffer);
    },
  };
  return [name, { source, info: { name, dtype: 'F32', shape, offset: 0, sizeBytes: count * 4 } }] as const;
}

const vValue = (index: number) => tableValue(index + 1);
const zeros = () => 0;

function weights(): WeightFiles {
  const block = 'model.layers.0';
  const linear = (name: string, rows: number, cols: number, at: (index: number) => number) =>
    tensor(`${block}.${name}.weight`, [rows, cols], at);
  const bias = (name: string, rows: number) => tensor(`${block}.${name}.bias`, [rows], zeros);
  const norm = (name: string) => tensor(name, [HIDDEN], () => 1);
  return {
    tensors: new Map([
      tensor('model.embed_tokens.weight', [VOCABULARY, HIDDEN], tableValue),
      norm(`${block}.input_layernorm.weight`),
      norm(`${block}.post_attention_layernorm.weight`),
      norm('model.norm.weight'),
      linear('self_attn.q_proj', HEADS * HEAD_DIM, HIDDEN, tableValue),
      linear('self_attn.k_proj', KV_HEADS * HEAD_DIM, HIDDEN, tableValue),
      linear('self_attn.v_proj', KV_HEADS * HEAD_DIM, HIDDEN, vValue),
      bias('self_attn.q_proj', HEADS * HEAD_DIM),
      bias('self_attn.k_proj', KV_HEADS * HEAD_DIM),
      bias('self_attn.v_proj', KV_HEADS * HEAD_DIM),
      linear('self_attn.o_proj', HIDDEN, HEADS * HEAD_DIM, zeros),
      linear('mlp.gate_proj', MLP, HIDDEN, tableValue),
      linear('mlp.up_proj', MLP, HIDDEN, tableValue),
      linear('mlp.down_proj', HIDDEN, MLP, zeros),
    ]),
  };
}

let gpu: Gpu;
let model: FrozenModel;

beforeAll(async () => {
  gpu = await testGpu();
  // No more than WebGPU's own limit, whatever this adapter binds.
  const most = Math.min(gpu.limits.maxStorageBufferBindingSize, 128 * 2 ** 20);
  model = declareModel(architectureOf(CONFIG), 'f32', most);
  expect(model.embedding.matrix.parts.length).toBeGreaterThanOrEqual(5);
  await loadModel(gpu, model, weights());
}, 120_000);

afterAll(() => freeModel(gpu, model));

const ones = new Float64Array(HIDDEN).fill(1);
const embedded = (id: number) => Float64Array.from({ length: HIDDEN }, (_, k) => tableValue(id * HIDDEN + k));

function referenceLogits(id: number): Float64Array {
  const { y } = rmsNormForward(embedded(id), ones, 1, HIDDEN, EPS);
  const logits = new Float64Array(VOCABULARY);
  for (let token = 0, at = 0; token < VOCABULARY; token++) {
    let sum = 0;
    for (let k = 0; k < HIDDEN; k++) sum += tableValue(at++) * y[k]!;
    logits[token] = sum;
  }
  return logits;
}

test('lookup, logits and generation reach every part', { timeout: 120_000 }, async () => {
  const found: Float32Array[] = [];
  await streamLogits(gpu, model, IDS, (_, logits) => found.push(logits.slice()));
  const expected = referenceLogits(IDS[1]!);
  expect(relativeError(found[1]!, expected)).toBeLessThan(TOLERANCE);
  // A token is likest itself: its own logit is the norm of its row.
  for (const [i, id] of IDS.entries()) {
    const { y } = rmsNormForward(embedded(id), ones, 1, HIDDEN, EPS);
    const own = embedded(id).reduce((sum, value, k) => sum + value * y[k]!, 0);
    expect(Math.abs(found[i]![id]! / own - 1)).toBeLessThan(TOLERANCE);
  }
  const generator = await Generator.open(gpu, model, { sequences: 1, maxTokens: 8 });
  for (const id of IDS) {
    const { ids } = await generator.generate({ promptIds: [5, id], maxNewTokens: 2, stopIds: [] });
    expect(ids).toEqual([id, id]);
  }
  await generator.free();
});

test('loss, and the gradient of an adapter on Wo', { timeout: 120_000 }, async () => {
  const layouts = layOutAdapters(model.architecture, [
    { rank: 2, alpha: 2, dropout: 0, useRslora: false, targets: ['o'] },
  ]);
  const settings = { ...BASE, batchSize: IDS.length };
  const start = initialParameters(layouts, [3]);
  const rows = IDS.map((id, i) => ({ ids: Uint32Array.of(id, TARGETS[i]!), loss: Uint8Array.of(0, 1), line: i + 1 }));
  const trainer = await Trainer.plan({ gpu, model, layouts, settings, rows, validationRows: [] });
  await trainer.open(freshState(start, settings));
  const { adapters } = await trainer.step(1);
  const { parameters } = await trainer.readState(1);
  await trainer.close();
  const expected = reference(layouts[0]!, start);
  expect(Math.abs(adapters[0]!.loss / expected.loss - 1)).toBeLessThan(TOLERANCE);
  // SGD at rate 1: B, zero before, is minus its gradient. A's gradient goes by B: zero.
  const { bStart } = layouts[0]!.modules[0]!;
  const dB = parameters.slice(bStart, bStart + HIDDEN * 2).map((value) => -value);
  expect(relativeError(dB, expected.dB)).toBeLessThan(TOLERANCE);
});

/** The mean loss of the rows, and dB [hidden, 2] of Wo. The loss row is each row's first: attention there is v itself. */
function reference({ modules }: AdapterLayout, start: Float32Array) {
  const { aStart } = modules[0]!;
  const dB = new Float64Array(HIDDEN * 2);
  let loss = 0;
  for (const [i, id] of IDS.entries()) {
    const x = embedded(id);
    const { y } = rmsNormForward(x, ones, 1, HIDDEN, EPS);
    const logits = referenceLogits(id);
    const largest = logits.reduce((most, logit) => Math.max(most, logit));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    const target = TARGETS[i]!;
    loss += (largest + Math.log(sum) - logits[target]!) / IDS.length;
    const dHidden = new Float64Array(HIDDEN);
    for (let token = 0, at = 0; token < VOCABULARY; token++) {
      const slope = (Math.exp(logits[token]! - largest) / sum - (token === target ? 1 : 0)) / IDS.length;
      for (let k = 0; k < HIDDEN; k++) dHidden[k]! += slope * tableValue(at++);
    }
    const dx = rmsNormBackward(x, ones, dHidden, 1, HIDDEN, EPS);
    const v = Array.from({ length: KV_HEADS * HEAD_DIM }, (_, row) =>
      y.reduce((total, value, k) => total + value * Math.fround(vValue(row * HIDDEN + k)), 0),
    );
    const perKv = HEADS / KV_HEADS;
    const out = Array.from({ length: HEADS * HEAD_DIM }, (_, column) => {
      const head = Math.floor(column / HEAD_DIM);
      return v[Math.floor(head / perKv) * HEAD_DIM + (column % HEAD_DIM)]!;
    });
    for (let r = 0; r < 2; r++) {
      const u = out.reduce((total, value, k) => total + value * start[aStart + r * HEADS * HEAD_DIM + k]!, 0);
      // Alpha over rank is 1.
      for (let k = 0; k < HIDDEN; k++) dB[k * 2 + r]! += dx[k]! * u;
    }
  }
  return { loss, dB };
}
