import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesSource } from './byteSource.ts';
import { FormatError } from './formatError.ts';
import {
  formatAdapterConfig,
  formatAdapterKey,
  indexAdapterTensors,
  moduleScaling,
  parseAdapterConfig,
  parseAdapterKey,
  readAdapterConfig,
} from './peft.ts';
import { readSafetensorsHeader, writeSafetensors } from './safetensors.ts';

const read = (path: string) => readFileSync(new URL(`../../e2e/fixtures/formats/peft/${path}`, import.meta.url));
const plain = read('plain/adapter_config.json').toString();

describe.each(['plain', 'patterns', 'layers'])('what PEFT saved as %s', (name) => {
  const config = parseAdapterConfig(read(`${name}/adapter_config.json`).toString());

  test('is written back to the byte in the subset of keys we keep', () => {
    expect(formatAdapterConfig(config)).toBe(read(`${name}/subset.json`).toString());
  });

  test('has weights that our writer writes to the same bytes', async () => {
    const weights = bytesSource(read(`${name}/adapter_model.safetensors`), 'adapter_model.safetensors');
    const { tensors } = await readSafetensorsHeader(weights);
    const entries = [...tensors.values()].reverse().map((info) => ({
      ...info,
      bytes: () => weights.read(info.offset, info.sizeBytes),
    }));
    const chunks: Uint8Array[] = [];
    await writeSafetensors(entries, async (chunk) => void chunks.push(chunk));
    expect(Buffer.compare(Buffer.concat(chunks), read(`${name}/adapter_model.safetensors`))).toBe(0);
  });

  test('has its ranks and scalings, and its tensors in pairs', async () => {
    const weights = bytesSource(read(`${name}/adapter_model.safetensors`), 'adapter_model.safetensors');
    const modules = indexAdapterTensors(await readSafetensorsHeader(weights), config, weights.name);
    const expected: Record<string, { rank: number; scaling: number }> = JSON.parse(
      read(`${name}/scaling.json`).toString(),
    );
    expect([...modules.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [path, { rank, scaling }] of Object.entries(expected)) {
      expect(moduleScaling(config, path).scaling).toBeCloseTo(scaling, 12);
      expect(modules.get(path)).toMatchObject({ rank, a: { shape: [rank, 8] } });
    }
  });
});

test('reads a file, and gives absent settings their defaults', async () => {
  const text = '{"peft_type": "LORA", "r": 2, "lora_alpha": 4.5, "target_modules": ["c_attn"], "novelty": {"x": 1}}';
  expect(await readAdapterConfig(bytesSource(new TextEncoder().encode(text), 'a.json'))).toEqual({
    baseModel: null,
    revision: null,
    taskType: null,
    rank: 2,
    alpha: 4.5,
    dropout: 0,
    targetModules: ['c_attn'],
    fanInFanOut: false,
    useRslora: false,
    layersToTransform: null,
    layersPattern: null,
    rankPattern: {},
    alphaPattern: {},
  });
});

test('starts that leave the base as it is, and patterns as Python writes them', () => {
  const read = (change: object) => parseAdapterConfig(JSON.stringify({ ...JSON.parse(plain), ...change }));
  for (const start of [false, 'gaussian', 'eva', 'orthogonal', 'mica']) {
    expect(read({ init_lora_weights: start })).toEqual(read({}));
  }
  const config = read({ r: 8, lora_alpha: 8, rank_pattern: { '(?P<which>q|v)_proj': 2 } });
  expect(moduleScaling(config, 'model.layers.0.self_attn.v_proj')).toEqual({ rank: 2, alpha: 8, scaling: 4 });
});

test.each([
  [{ peft_type: 'LOHA' }, /peft_type: expected "LORA", got "LOHA"; supported are plain LoRA/],
  [{ use_dora: true }, /use_dora: DoRA is not supported/],
  [{ bias: 'all' }, /bias: expected "none", got "all"/],
  [{ modules_to_save: ['score'] }, /modules_to_save: whole modules/],
  [{ trainable_token_indices: { embed: [1] } }, /trainable_token_indices/],
  [{ init_lora_weights: 'pissa' }, /init_lora_weights: "pissa" trains against a changed base/],
  [{ r: 0 }, /^adapter_config\.json: r: /],
  [{ r: '8' }, /r: .*number/],
  [{ lora_alpha: null }, /lora_alpha: /],
  [{ target_modules: null }, /target_modules: /],
  [{ rank_pattern: { q_proj: 1.5 } }, /rank_pattern\.q_proj: /],
  [{ alpha_pattern: { '(': 2 } }, /alpha_pattern: "\(" is not a name or regular expression/],
  [{ layers_to_transform: [-1] }, /layers_to_transform/],
])('refuses %j, naming the field', (change, message) => {
  const text = JSON.stringify({ ...JSON.parse(plain), ...change });
  expect(() => parseAdapterConfig(text)).toThrow(message);
});

test('takes an alpha of 0 and negative ones, as PEFT does', () => {
  const changed = { ...JSON.parse(plain), r: 4, lora_alpha: -2, alpha_pattern: { q_proj: 0 } };
  const config = parseAdapterConfig(JSON.stringify(changed));
  expect(moduleScaling(config, 'model.layers.0.self_attn.v_proj').scaling).toBe(-0.5);
  expect(moduleScaling(config, 'model.layers.0.self_attn.q_proj').scaling).toBe(0);
});

test('any JSON is a configuration or a FormatError', () => {
  const fields = fc.constantFrom(...Object.keys(JSON.parse(plain)));
  fc.assert(
    fc.property(fc.dictionary(fields, fc.jsonValue(), { maxKeys: 3 }), (changes) => {
      try {
        const config = parseAdapterConfig(JSON.stringify({ ...JSON.parse(plain), ...changes }));
        expect(parseAdapterConfig(formatAdapterConfig(config))).toEqual(config);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 500 },
  );
});

test('tensor keys', () => {
  const key = 'base_model.model.transformer.h.0.attn.c_attn.lora_B.weight';
  expect(parseAdapterKey(key)).toEqual({ modulePath: 'transformer.h.0.attn.c_attn', factor: 'B' });
  expect(formatAdapterKey({ modulePath: 'transformer.h.0.attn.c_attn', factor: 'B' })).toBe(key);
  expect(parseAdapterKey('base_model.model.x.lora_magnitude_vector')).toBeUndefined();
  expect(parseAdapterKey('base_model.model.x.lora_A.default.weight')).toEqual({ modulePath: 'x', factor: 'A' });
  expect(parseAdapterKey('base_model.model.x.lora_A.other.weight')).toBeUndefined();
});

test('refuses tensors that do not pair up', () => {
  const config = parseAdapterConfig(plain);
  const index = (tensors: [path: string, factor: 'A' | 'B', shape: number[]][], extra: string[] = []) => {
    const names = tensors.map(([modulePath, factor, shape]) => ({
      name: formatAdapterKey({ modulePath, factor }),
      shape,
    }));
    const infos = [...names, ...extra.map((name) => ({ name, shape: [1] }))].map(
      ({ name, shape }) => [name, { name, dtype: 'F32' as const, shape, offset: 0, sizeBytes: 0 }] as const,
    );
    return indexAdapterTensors({ metadata: new Map(), tensors: new Map(infos) }, config, 'w');
  };
  expect(
    index([
      ['q', 'A', [4, 8]],
      ['q', 'B', [6, 4]],
    ]).size,
  ).toBe(1);
  expect(() => index([])).toThrow('w: expected LoRA factors, got no tensors');
  expect(() => index([['q', 'A', [4, 8]]])).toThrow('w: q has no lora_B');
  expect(() => index([['q', 'B', [6, 4]]])).toThrow('w: q has no lora_A');
  expect(() =>
    index([
      ['q', 'A', [3, 8]],
      ['q', 'B', [6, 3]],
    ]),
  ).toThrow('w: q: expected factors of rank 4, got lora_A [3, 8]');
  expect(() =>
    index([
      ['q', 'A', [4, 8]],
      ['q', 'B', [4]],
    ]),
  ).toThrow('lora_B [4]');
  expect(() => index([], ['score.weight'])).toThrow('w: score.weight is not a LoRA factor; supported');
  const refusal = (key: string) => () => index([], [`base_model.model.${key}`]);
  expect(refusal('lm_head.base_layer.weight')).toThrow('not a LoRA factor: LoRA on lm_head is not supported');
  expect(refusal('model.embed_tokens.lora_embedding_A')).toThrow('LoRA on embed_tokens is not supported');
  expect(refusal('model.embed_tokens.weight')).toThrow('but the whole embed_tokens, saved beside LoRA; supported');
});
