import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ByteSource, bytesSource, readText, sliceSource } from './byteSource.ts';
import { crc32 } from './crc32.ts';
import { ggufHubId, openGgufWeights } from './ggufModel.ts';
import { openModelFolder, openWeights } from './openModel.ts';
import { readFloats } from './storedFloats.ts';
import { openWeightFiles, typeShares, type WeightTensor } from './weightFiles.ts';

const file = (path: string) => {
  const bytes = new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/${path}`, import.meta.url)));
  return bytesSource(bytes, path.slice(path.lastIndexOf('/') + 1));
};

/** qwen2-untied is split. */
const namesOf = (name: string) =>
  readdirSync(new URL('../../e2e/fixtures/gguf/', import.meta.url)).filter(
    (other) => other.endsWith('.gguf') && other.replace(/(-\d{5}-of-\d{5})?\.gguf$/, '') === name,
  );

async function openFixture(name: string) {
  const folder = await openModelFolder(namesOf(name).map((part) => file(`gguf/${part}`)));
  if (folder.kind !== 'model') throw new Error(`${name}: ${folder.kind}`);
  return { folder, config: JSON.parse(await readText(folder.config)), weights: await openWeights(folder) };
}

const count = ({ info }: WeightTensor) => info.shape.reduce((product, size) => product * size, 1);

/** As a safetensors file has it: GPT-2's matrices [in, out]. */
async function inFolderLayout(tensor: WeightTensor): Promise<{ shape: readonly number[]; values: Float32Array }> {
  const values = await readFloats(tensor, 0, count(tensor));
  const [rows = 0, cols = 0] = tensor.info.shape;
  if (!tensor.isOutIn) return { shape: tensor.info.shape, values };
  return { shape: [cols, rows], values: values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)] ?? 0) };
}

const CASES = ['llama-biases', 'llama-rope-llama3', 'qwen2-untied', 'qwen3-tied', 'gpt2'];

test.each(CASES)('%s: the same tensors as the safetensors that it was made from', async (name) => {
  const { weights } = await openFixture(name);
  const made = await openWeightFiles([file(`parity/${name}/model/model.safetensors`)]);
  expect([...weights.tensors.keys()].sort()).toEqual([...made.tensors.keys()].sort());
  for (const [key, tensor] of made.tensors) {
    const found = weights.tensors.get(key);
    if (!found) throw new Error(key);
    const { shape, values } = await inFolderLayout(found);
    expect(shape, key).toEqual(tensor.info.shape);
    expect(values, key).toEqual(await readFloats(tensor, 0, count(tensor)));
  }
});

test.each(CASES)('%s: the configuration says what the original does', async (name) => {
  const { config } = await openFixture(name);
  const original = JSON.parse(await readText(file(`parity/${name}/model/config.json`)));
  const { rope_parameters: newer = {}, rope_scaling: scaling = {}, ...fields } = original;
  const rope = { rope_theta: original.rope_theta, ...newer, ...scaling };
  const sameFields = Object.keys(config).filter((key) => key in fields && !key.startsWith('rope'));
  expect(sameFields.length).toBeGreaterThan(9);
  for (const key of sameFields) {
    // The file says what a folder leaves to a default.
    if (key === 'n_inner') expect(config.n_inner).toBe(fields.n_inner ?? 4 * fields.n_embd);
    else expect(config[key], key).toEqual(fields[key]);
  }
  expect(config.rope_theta).toBe(rope.rope_theta);
  if (rope.rope_type !== 'llama3') expect(config.rope_scaling).toBeUndefined();
  else {
    const { rope_theta: _, ...llama3 } = rope;
    expect(config.rope_scaling).toEqual(llama3);
  }
});

test('a file of many types: every tensor dequantizes, in transformers’ order of rows', async () => {
  const { weights, config } = await openFixture('mixed');
  const expected: { crc32: Record<string, number> } = JSON.parse(await readText(file('gguf/mixed.json')));
  expect([...weights.tensors.keys()].sort()).toEqual(Object.keys(expected.crc32).sort());
  for (const [name, tensor] of weights.tensors) {
    const values = await readFloats(tensor, 0, count(tensor));
    expect(crc32(new Uint8Array(values.buffer)), name).toBe(expected.crc32[name]);
  }
  expect(weights.isGguf).toBe(true);
  expect(typeShares(weights).map(({ type }) => type)).toHaveLength(10);
  expect(config).toMatchObject({ model_type: 'llama', head_dim: 64, tie_word_embeddings: false, vocab_size: 400 });
});

test('rows of q can be read from anywhere to anywhere', async () => {
  const { weights } = await openFixture('mixed');
  const { source, info } = weights.tensors.get('model.layers.0.self_attn.q_proj.weight') ?? {};
  if (!source || !info) throw new Error('no q_proj');
  const whole = await source.read(info.offset, info.sizeBytes);
  for (const [start, length] of [
    [0, 0],
    [1, 1],
    [143, 290],
    [info.sizeBytes / 2 - 5, 11],
    [info.sizeBytes - 1, 1],
  ] as const) {
    expect(await source.read(info.offset + start, length)).toEqual(whole.slice(start, start + length));
  }
  await expect(source.read(info.offset, info.sizeBytes + 1)).rejects.toThrow('mixed.gguf: expected bytes');
});

/** The fixture with one place of its bytes overwritten; texts of the same length keep the rest in place. */
async function edited(name: string, from: string, to: string): Promise<ByteSource> {
  const source = file(`gguf/${name}.gguf`);
  const bytes = await source.read(0, source.sizeBytes);
  const at = Buffer.from(bytes).indexOf(from);
  if (at < 0 || from.length !== to.length) throw new Error(`${from} → ${to}`);
  bytes.set(new TextEncoder().encode(to), at);
  return bytesSource(bytes, 'x.gguf');
}

test.each([
  ['qwen3-tied', 'qwen3', 'qwen9', /"qwen9" is not supported. Supported: llama, qwen2, qwen3, gpt2/],
  ['qwen3-tied', 'qwen3.block_count', 'qwen3.block_cOunt', /qwen3.block_count is missing/],
  ['qwen3-tied', 'blk.0.attn_q_norm', 'blk.0.attn_z_norm', /tensor "blk.0.attn_z_norm.weight" is not part of a qwen3/],
  [
    'qwen3-tied',
    'blk.1.attn_q_norm',
    'blk.7.attn_q_norm',
    /"blk.7.attn_q_norm.weight" is not part of a qwen3 model of 2/,
  ],
  ['qwen3-tied', 'token_embd', 'token_embx', /the tensor token_embd.weight is missing/],
  ['mixed', 'smollm', 'smolln', /tokenizer.ggml.pre: how "smolln" cuts texts is not known here/],
  ['mixed', 'ggml.eos_token_id', 'ggml.eoz_token_id', /tokenizer.ggml.eos_token_id is missing/],
  ['mixed', 'ggml.merges', 'ggml.mergez', /tokenizer.ggml.merges is missing/],
])('%s with %j for %j is refused', async (name, from, to, message) => {
  const source = await edited(name, from, to);
  const opening = openModelFolder([source]).then(() => openGgufWeights([source]));
  await expect(opening).rejects.toThrow(message);
  await expect(opening).rejects.toThrow(/^x\.gguf/);
});

test('shards of which one is missing or called otherwise are refused by name', async () => {
  const parts = namesOf('qwen2-untied').map((name) => file(`gguf/${name}`));
  const [first, second, third] = parts;
  if (!first || !second || !third) throw new Error('not split');
  const called = (source: ByteSource, name: string) => sliceSource(source, 0, source.sizeBytes, name);
  const missing = 'qwen2-untied-00002-of-00003.gguf: missing, though qwen2-untied-00001-of-00003.gguf';
  await expect(openModelFolder([first, third])).rejects.toThrow(missing);
  const swapped = [first, called(second, third.name), called(third, second.name)];
  await expect(openModelFolder(swapped)).rejects.toThrow(/split.no: expected part 2 of 3, got 3/);
  await expect(openModelFolder([called(first, 'm.gguf')])).rejects.toThrow(/^m.gguf: is one of 3 files/);
});

test('tells the model’s Hub id where the file does', async () => {
  expect(await ggufHubId([file('gguf/mixed.gguf')])).toBe('someone/mixed-types');
  expect(await ggufHubId([file('gguf/gpt2.gguf')])).toBeUndefined();
});
