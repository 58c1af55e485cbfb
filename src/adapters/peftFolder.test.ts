import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesSource, readText } from '../formats/byteSource.ts';
import { parseAdapterConfig } from '../formats/peft.ts';
import { architectureOf } from '../model/architecture.ts';
import type { Target } from '../model/targets.ts';
import { type AdapterLayout, type AdapterSpec, layOutAdapters, moduleKey } from './adapterSet.ts';
import { initialParameters } from './initial.ts';
import { type ExportInfo, readAdapter, writeAdapter } from './peftFolder.ts';
import { peftModules, targetedBy } from './peftModules.ts';
import {
  type NamedTensor,
  PARITY_CASES,
  parityArchitecture,
  parityFiles,
  readTensors,
  safetensorsSource,
  withConfig,
  withFile,
} from './testFixtures.ts';

const info: ExportInfo = {
  title: 'Trial',
  baseModel: 'someone/model',
  isOnHub: true,
  data: { name: 'pairs.jsonl', pairs: 24, validationPairs: 0 },
  settings: [],
  results: [],
};

const sourcesOf = (files: Awaited<ReturnType<typeof writeAdapter>>) =>
  files.map(({ name, bytes }) => bytesSource(bytes, name));

function layOut(...args: Parameters<typeof layOutAdapters>): AdapterLayout {
  return layOutAdapters(...args)[0]!;
}

describe.each(PARITY_CASES)('the adapter that PEFT saved for %s', (name) => {
  const a = parityArchitecture(name);
  const files = parityFiles(`${name}/adapter`);

  test('is read, and written again to the same bytes and settings', async () => {
    const { spec, config, parametersFor } = await readAdapter(files, a);
    const layout = layOut(a, [spec]);
    const written = await writeAdapter(a, layout, parametersFor(layout), {
      ...info,
      baseModel: config.baseModel ?? '',
    });
    const [configFile, weights, card] = written;
    const original = files.find((file) => file.name === 'adapter_model.safetensors')!;
    expect(Buffer.compare(weights!.bytes, await original.read(0, original.sizeBytes))).toBe(0);
    expect(parseAdapterConfig(new TextDecoder().decode(configFile!.bytes))).toEqual(config);
    expect(new TextDecoder().decode(card!.bytes)).toContain('# Trial');
  });
});

describe("PEFT's ways to choose modules", () => {
  const a = architectureOf({
    model_type: 'llama',
    vocab_size: 11,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
  });
  const file = (path: string) => readFileSync(new URL(`../../e2e/fixtures/formats/peft/${path}`, import.meta.url));
  const folder = (name: string) =>
    ['adapter_config.json', 'adapter_model.safetensors'].map((entry) => bytesSource(file(`${name}/${entry}`), entry));

  test('a regular expression with rank and alpha patterns, there and back', async () => {
    const expected: Record<string, { rank: number; scaling: number }> = JSON.parse(
      file('patterns/scaling.json').toString(),
    );
    const { spec, parametersFor } = await readAdapter(folder('patterns'), a);
    const layout = layOut(a, [spec]);
    const check = ({ modules }: AdapterLayout) => {
      expect(modules.map(({ path }) => path).sort()).toEqual(Object.keys(expected).sort());
      for (const { path, rank, scaling } of modules) {
        expect(rank).toBe(expected[path]!.rank);
        expect(scaling).toBeCloseTo(expected[path]!.scaling, 12);
      }
    };
    check(layout);
    const again = await readAdapter(sourcesOf(await writeAdapter(a, layout, parametersFor(layout), info)), a);
    const layoutAgain = layOut(a, [again.spec]);
    check(layoutAgain);
    expect(again.parametersFor(layoutAgain)).toEqual(parametersFor(layout));
  });

  test('layers_to_transform with layers_pattern', async () => {
    const { spec } = await readAdapter(folder('layers'), a);
    expect(spec).toMatchObject({ targets: ['up'], layers: [1, 1] });
    expect(layOut(a, [spec]).modules.map(({ path }) => path)).toEqual(['model.layers.1.mlp.up_proj']);
  });

  test('modules that no choice of targets and layers describes', async () => {
    const { spec, parametersFor } = await modulesOf({
      target_modules: ['0.self_attn.q_proj', 'model.layers.1.self_attn.v_proj'],
    });
    const layout = layOut(a, [spec]);
    expect(layout.modules.map(({ layer, place }) => moduleKey(layer, place.target))).toEqual(['0.q', '1.v']);
    const again = await readAdapter(sourcesOf(await writeAdapter(a, layout, parametersFor(layout), info)), a);
    expect(layOut(a, [again.spec]).modules).toEqual(layout.modules);
  });

  test('all-linear, and exclude_modules', async () => {
    const { spec } = await modulesOf({ target_modules: 'All-Linear', exclude_modules: ['q_proj', 'mlp.up_proj'] });
    expect(spec.targets).toEqual(['k', 'v', 'o', 'gate', 'down']);
    const byPattern = await modulesOf({ target_modules: 'all-linear', exclude_modules: '.*mlp.*' });
    expect(byPattern.spec.targets).toEqual(['q', 'k', 'v', 'o']);
  });

  test('a layer alone', async () => {
    const { spec } = await modulesOf({ target_modules: ['o_proj'], layers_to_transform: 1 });
    expect(spec).toMatchObject({ targets: ['o'], layers: [1, 1] });
  });

  test('a module named by its whole path is in, whatever layers_to_transform says', async () => {
    const whole = 'model.layers.0.self_attn.q_proj';
    const { spec } = await modulesOf({ target_modules: [whole, 'v_proj'], layers_to_transform: [1] });
    expect(layOut(a, [spec]).modules.map(({ path }) => path)).toEqual([whole, 'model.layers.1.self_attn.v_proj']);
  });

  /** Reads a folder with this configuration and exactly the tensors that it names. */
  async function modulesOf(changes: object) {
    const files = await withConfig(folder('plain'), changes);
    const configText = new TextDecoder().decode(await files.at(-1)!.read(0, files.at(-1)!.sizeBytes));
    const isTargeted = targetedBy(parseAdapterConfig(configText), 'adapter_config.json');
    const tensors = new Map<string, NamedTensor>();
    for (const { path, place } of peftModules(a).values()) {
      if (!isTargeted(path)) continue;
      const [down, up] = [4 * place.inFeatures, 4 * place.colCount];
      const key = `base_model.model.${path}`;
      tensors.set(`${key}.lora_A.weight`, { shape: [4, place.inFeatures], values: counted(down) });
      tensors.set(`${key}.lora_B.weight`, { shape: [place.colCount, 4], values: counted(up) });
    }
    return readAdapter(withFile(files, await safetensorsSource(tensors, 'F32', 'adapter_model.safetensors')), a);
  }
});

const counted = (count: number) => Float32Array.from({ length: count }, (_, i) => i / 8);

test('the suffix c_proj names both of GPT-2: attention and MLP', async () => {
  const a = parityArchitecture('gpt2-inner');
  const files = parityFiles('gpt2-inner/adapter');
  const { spec } = await readAdapter(await withConfig(files, { target_modules: ['c_proj', 'c_fc'] }), a);
  expect(spec.targets).toEqual(['o', 'up', 'down']);
});

test.each(['F16', 'BF16'] as const)('%s tensors, and keys that carry the name default', async (dtype) => {
  const a = parityArchitecture('llama');
  const files = parityFiles('llama/adapter');
  const tensors = await readTensors(files.find(({ name }) => name === 'adapter_model.safetensors')!);
  const renamed = new Map(
    [...tensors].map(([name, tensor]) => [name.replace('.weight', '.default.weight'), tensor] as const),
  );
  const small = withFile(files, await safetensorsSource(renamed, dtype, 'adapter_model.safetensors'));
  const [exact, rounded] = await Promise.all([readAdapter(files, a), readAdapter(small, a)]);
  const layout = layOut(a, [exact.spec]);
  const [values, near] = [exact.parametersFor(layout), rounded.parametersFor(layout)];
  // Half a unit in the last place of 8 significant bits.
  const isNear = (value: number, i: number) => Math.abs(near[i]! - value) <= Math.abs(value) * 2 ** -8 + 1e-7;
  expect(values.every(isNear)).toBe(true);
  expect(near.some((value, i) => value !== values[i])).toBe(true);
});

describe("GPT-2's q, k and v alone leave as one adapter on c_attn", () => {
  const a = parityArchitecture('gpt2');
  const base: AdapterSpec = { rank: 3, alpha: 5, dropout: 0, useRslora: false, targets: ['q'] };

  function trained(layout: AdapterLayout): Float32Array {
    const block = initialParameters([layout], [3]).subarray(0, layout.count);
    for (const { bStart, rank, place } of layout.modules) {
      for (let i = 0; i < rank * place.colCount; i++) block[bStart + i] = Math.sin(bStart + i);
    }
    return block;
  }

  /** scaling · B · A of one layer's c_attn, [3d, d]. */
  function update(layout: AdapterLayout, block: Float32Array, layer: number): number[] {
    const d = a.hiddenSize;
    const sum = new Array<number>(3 * d * d).fill(0);
    for (const { place, rank, scaling, aStart, bStart } of layout.modules.filter((m) => m.layer === layer)) {
      if (place.linear !== 'qkv') continue;
      for (let col = 0; col < place.colCount; col++) {
        for (let r = 0; r < rank; r++) {
          const weight = scaling * block[bStart + col * rank + r]!;
          for (let k = 0; k < d; k++) sum[(place.colStart + col) * d + k]! += weight * block[aStart + r * d + k]!;
        }
      }
    }
    return sum;
  }

  const choices: [Target[], boolean][] = [
    [['v'], false],
    [['q', 'v'], false],
    [['q', 'k', 'v'], false],
    [['q', 'v'], true],
    [['k', 'v', 'o', 'down'], false],
    [['q', 'v', 'o', 'up', 'down'], true],
  ];
  test.each(choices)('%o, rsLoRA %o: the same updates', async (targets, useRslora) => {
    const layout = layOut(a, [{ ...base, targets, useRslora, layers: [1, 1] }]);
    const block = trained(layout);
    const parts = targets.filter((target) => target === 'q' || target === 'k' || target === 'v').length;
    const { spec, config, parametersFor } = await readAdapter(sourcesOf(await writeAdapter(a, layout, block, info)), a);
    const whole = layOut(a, [spec]);
    const qkv = whole.modules.find(({ place }) => place.target === 'qkv')!;
    expect(qkv.rank).toBe(parts * base.rank);
    expect(config.layersToTransform).toEqual([1]);
    const hasOthers = targets.length > parts;
    expect(config.rank).toBe(hasOthers ? base.rank : qkv.rank);
    expect(Object.keys(config.rankPattern)).toEqual(hasOthers ? ['c_attn'] : []);
    const [before, after] = [update(layout, block, 1), update(whole, parametersFor(whole), 1)];
    const largest = Math.max(...before.map(Math.abs));
    // Sums of the same products in f64, in another order.
    const differences = before.map((value, i) => Math.abs(after[i]! - value) / largest);
    expect(Math.max(...differences)).toBeLessThan(1e-14);
    expect(largest).toBeGreaterThan(0.01);
  });
});

describe('an error names the field or tensor', () => {
  const a = parityArchitecture('llama');
  const files = parityFiles('llama/adapter');

  async function withTensors(change: (tensors: Awaited<ReturnType<typeof readTensors>>) => void) {
    const tensors = await readTensors(files.find(({ name }) => name === 'adapter_model.safetensors')!);
    change(tensors);
    return withFile(files, await safetensorsSource(tensors, 'F32', 'adapter_model.safetensors'));
  }
  const qB = 'base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight';

  test('nothing of this model is named', async () => {
    await expect(readAdapter(parityFiles('gpt2/adapter'), a)).rejects.toThrow(
      /^adapter_config\.json: target_modules names nothing that this llama model has \(3 layers with q_proj, .*another model/,
    );
  });
  test('the embedding or the head', async () => {
    const named = files.find(({ name }) => name === 'adapter_config.json')!;
    const text = (await readText(named)).replace(/"target_modules": \[[^\]]*\]/, '"target_modules": ["embed_tokens"]');
    const config = bytesSource(new TextEncoder().encode(text), 'adapter_config.json');
    await expect(readAdapter(withFile(files, config), a)).rejects.toThrow(
      'adapter_config.json: target_modules: LoRA on embed_tokens is not supported',
    );
    const head = await withTensors((tensors) => {
      for (const factor of ['A', 'B']) {
        const tensor = tensors.get(`base_model.model.model.layers.1.self_attn.q_proj.lora_${factor}.weight`)!;
        tensors.set(`base_model.model.lm_head.lora_${factor}.weight`, tensor);
      }
    });
    await expect(readAdapter(head, a)).rejects.toThrow('lm_head.lora_A.weight: LoRA on lm_head is not supported');
  });
  test('a module that the model lacks', async () => {
    const more = await withTensors((tensors) => {
      for (const [name, tensor] of [...tensors]) tensors.set(name.replace('layers.1', 'layers.9'), tensor);
    });
    await expect(readAdapter(more, a)).rejects.toThrow(
      /layers\.9\.self_attn.*this llama model of 3 layers has no adaptable/,
    );
  });
  test('a shape that is not the model’s', async () => {
    const wider = await withTensors((tensors) => tensors.set(qB, { shape: [61, 8], values: new Float32Array(488) }));
    await expect(readAdapter(wider, a)).rejects.toThrow(
      /layers\.1\.self_attn\.q_proj\.lora_B\.weight: expected \[60, 8\].*got \[61, 8\]/,
    );
  });
  test('a module that only one of the two files names', async () => {
    const more = await withConfig(files, { target_modules: ['q_proj', 'k_proj', 'v_proj'] });
    await expect(readAdapter(more, a)).rejects.toThrow(/no lora_A and lora_B for model\.layers\.0\.self_attn\.k_proj/);
    const fewer = await withConfig(files, { target_modules: ['q_proj'] });
    await expect(readAdapter(fewer, a)).rejects.toThrow(/v_proj\.lora_A\.weight: adapter_config\.json does not name/);
  });
  test('values that are no floats of ours', async () => {
    const source = files.find(({ name }) => name === 'adapter_model.safetensors')!;
    const text = Buffer.from(await source.read(0, source.sizeBytes))
      .toString('latin1')
      .replaceAll('"F32"', '"I32"');
    const integers = withFile(files, bytesSource(Buffer.from(text, 'latin1'), 'adapter_model.safetensors'));
    await expect(readAdapter(integers, a)).rejects.toThrow(/stored as I32; F32, F16 and BF16 can be read/);
  });
  test('a model where an adapter is expected', async () => {
    await expect(readAdapter(parityFiles('llama/model'), a)).rejects.toThrow('this is a model; expected a PEFT folder');
  });
  test('a pattern that is no regular expression', async () => {
    await expect(readAdapter(await withConfig(files, { target_modules: '(q_proj' }), a)).rejects.toThrow(
      'target_modules: not a regular expression',
    );
  });
});
