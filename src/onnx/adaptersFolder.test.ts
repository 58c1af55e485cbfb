// One exported graph with open adapters, fed by the script that lies beside it, against our own engine with the same
// adapters, and against PEFT.
import * as ort from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import { AdapterError, type AdapterSpec, layOutAdapters } from '../adapters/adapterSet.ts';
import { answeringAdapters, placeParameters } from '../adapters/answering.ts';
import { logitsOf } from '../model/logits.ts';
import type { Target } from '../model/targets.ts';
import { parityModel, parityRows, parityTensor } from '../model/testModel.ts';
import { random, relativeError, testGpu } from '../ops/testGpu.ts';
import { onnxAdaptersFolder } from './adaptersFolder.ts';
import { entryBytes, openFixture, openSession, run } from './testSession.ts';

/** f32 sums in another order, through a whole network. */
const F32_TOLERANCE = 1e-4;

interface Script {
  loadAdapter(library: typeof ort, url: string): Promise<Record<string, ort.Tensor>>;
  adapterFeeds(
    library: typeof ort,
    session: ort.InferenceSession,
    adapter?: Record<string, ort.Tensor>,
  ): Record<string, ort.Tensor>;
}

/** The folder opened as its script opens it: the session, and feeds for an adapter of it or for the base. */
async function open(entries: Awaited<ReturnType<typeof onnxAdaptersFolder>>) {
  const url = async (name: string, type: string) => {
    const entry = entries.find((file) => file.name === name);
    if (!entry) throw new Error(`no ${name} among ${entries.map((file) => file.name).join(', ')}`);
    return `data:${type};base64,${Buffer.from(await entryBytes(entry)).toString('base64')}`;
  };
  const script: Script = await import(/* @vite-ignore */ await url('adapters.js', 'text/javascript'));
  const session = await openSession(entries.filter(({ name }) => !name.startsWith('adapters')));
  const feeds = async (adapter?: string) => {
    const file = adapter && (await url(`adapters/${adapter}.safetensors`, 'application/octet-stream'));
    return script.adapterFeeds(ort, session, file ? await script.loadAdapter(ort, file) : undefined);
  };
  return { session, feeds };
}

/** Rank 0 everywhere. */
function emptyFactors(session: ort.InferenceSession): Record<string, ort.Tensor> {
  const open = session.inputMetadata.filter((input) => input.isTensor).filter(({ name }) => /lora_[AB]$/.test(name));
  const sizes = (shape: readonly (number | string)[]) => shape.map((size) => (typeof size === 'number' ? size : 0));
  return Object.fromEntries(
    open.map(({ name, shape }) => [name, new ort.Tensor('float32', new Float32Array(0), sizes(shape))]),
  );
}

const spec = (rank: number, targets: Target[], more: Partial<AdapterSpec> = {}): AdapterSpec => ({
  rank,
  alpha: 2 * rank,
  dropout: 0,
  useRslora: false,
  targets,
  ...more,
});

const SPECS: Readonly<Record<string, readonly AdapterSpec[]>> = {
  llama: [spec(1, ['q', 'v']), spec(8, ['gate', 'up', 'down'], { useRslora: true }), spec(64, ['q', 'k', 'v', 'o'])],
  gpt2: [spec(1, ['k', 'up']), spec(8, ['q', 'v'], { layers: [1, 1] }), spec(64, ['o', 'down'], { useRslora: true })],
  qwen2: [spec(1, ['q']), spec(8, ['q', 'k', 'v', 'o', 'gate', 'up', 'down']), spec(64, ['v'], { layers: [0, 0] })],
  qwen3: [spec(1, ['k']), spec(8, ['q', 'k']), spec(64, ['v', 'o'])],
};

describe.each(Object.keys(SPECS))('%s', (name) => {
  test('ranks 0, 1, 8 and 64 over one session give the logits of our engine', async () => {
    const { a, model } = await openFixture(name);
    const layouts = layOutAdapters(a, SPECS[name]!);
    const last = layouts.at(-1)!;
    const parameters = random(last.start + last.count, 7).map((value) => value * 0.3);
    const adapters = layouts.map((layout) => ({
      name: `rank ${layout.spec.rank}`,
      layout,
      block: parameters.subarray(layout.start, layout.start + layout.count),
    }));
    const { session, feeds } = await open(await onnxAdaptersFolder(model, a, adapters, { dtype: 'f32' }));

    const gpu = await testGpu();
    const engine = await parityModel(name);
    const placed = answeringAdapters(a, layouts, placeParameters(gpu, parameters));
    const ids = parityRows(name)[0]!;
    const base = await logitsOf(gpu, engine, ids);
    const plain = await run(session, a, { ids: [ids] }, undefined, await feeds());
    expect(relativeError(plain.logits, base), 'no adapter').toBeLessThan(F32_TOLERANCE);
    const empty = await run(session, a, { ids: [ids] }, undefined, emptyFactors(session));
    expect(relativeError(empty.logits, base), 'rank 0').toBeLessThan(F32_TOLERANCE);
    for (const [i, { spec }] of layouts.entries()) {
      const ours = await logitsOf(gpu, engine, ids, { adapters: placed, choice: { adapter: i, strength: 1 } });
      const { logits } = await run(session, a, { ids: [ids] }, undefined, await feeds(`rank-${spec.rank}`));
      expect(relativeError(logits, ours), `rank ${spec.rank}`).toBeLessThan(F32_TOLERANCE);
      expect(relativeError(logits, base), `rank ${spec.rank} changes nothing`).toBeGreaterThan(0.01);
    }
  });
});

test.each(['gpt2', 'llama-biases'])('%s with its adapter from PEFT', async (name) => {
  const { a, model, adapter } = await openFixture(name);
  const entries = await onnxAdaptersFolder(model, a, [{ name: 'a/b', ...adapter }], { dtype: 'f32' });
  const { session, feeds } = await open(entries);
  const { logits } = await run(session, a, { ids: [parityRows(name)[1]!] }, undefined, await feeds('a-b'));
  expect(relativeError(logits, await parityTensor(name, 'logits/1'))).toBeLessThan(F32_TOLERANCE);
});

test('open without an adapter: q, k, v and o, or the targets asked for', async () => {
  const { a, model } = await openFixture('gpt2');
  const factorsOf = async (targets?: Target[]) => {
    const { session } = await open(
      await onnxAdaptersFolder(model, a, [], { dtype: 'f32', ...(targets && { targets }) }),
    );
    return session.inputNames.filter((input) => input.startsWith('transformer.h.1.') && input.endsWith('A'));
  };
  const path = 'transformer.h.1.attn';
  const qkv = ['q', 'k', 'v'].map((part) => `${path}.c_attn.${part}.lora_A`);
  expect(await factorsOf()).toEqual([...qkv, `${path}.c_proj.lora_A`]);
  expect(await factorsOf(['qkv'])).toEqual(qkv);
  await expect(factorsOf(['gate'])).rejects.toThrow(AdapterError);
});

test('adapters of one name are numbered', async () => {
  const { a, model, adapter } = await openFixture('gpt2');
  const adapters = ['mine', 'Mine', '…'].map((name) => ({ name, ...adapter }));
  const names = (await onnxAdaptersFolder(model, a, adapters, { dtype: 'f32' })).map((entry) => entry.name);
  expect(names.slice(-4)).toEqual([
    ...['adapters/mine.safetensors', 'adapters/Mine-2.safetensors', 'adapters/adapter.safetensors', 'adapters.js'],
  ]);
});
