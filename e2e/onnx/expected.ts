// What our engine answers: the logits and the greedy text of a fixture's model, with its adapter and with random ones of
// several ranks.
import { type AdapterSpec, layOutAdapters } from '../../src/adapters/adapterSet.ts';
import { answeringAdapters, placeParameters } from '../../src/adapters/answering.ts';
import { parityFiles } from '../../src/adapters/testFixtures.ts';
import { openWeightFiles } from '../../src/formats/weightFiles.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import type { Architecture } from '../../src/model/architecture.ts';
import { declareModel } from '../../src/model/frozenModel.ts';
import { loadModel } from '../../src/model/loadModel.ts';
import { logitsOf } from '../../src/model/logits.ts';
import { best } from '../../src/model/sampling.ts';
import type { Target } from '../../src/model/targets.ts';

export interface NamedAdapter {
  readonly name: string;
  readonly layout: ReturnType<typeof layOutAdapters>[number];
  readonly block: Float32Array<ArrayBuffer>;
}

/** Of rank 1, 8 and 64, each on other matrices. */
export function randomAdapters(a: Architecture): NamedAdapter[] {
  const inner: Target[] = a.mlp.kind === 'gated' ? ['gate', 'up', 'down'] : ['up', 'down'];
  const common = { dropout: 0, useRslora: false };
  const specs: AdapterSpec[] = [
    { ...common, rank: 1, alpha: 2, targets: ['q', 'v'] },
    { ...common, rank: 8, alpha: 16, targets: ['q', 'k', 'v', 'o', ...inner], useRslora: true },
    { ...common, rank: 64, alpha: 64, targets: ['k', 'o', ...inner] },
  ];
  const layouts = layOutAdapters(a, specs);
  const count = layouts.reduce((most, layout) => Math.max(most, layout.start + layout.count), 0);
  const parameters = Float32Array.from({ length: count }, (_, i) => 0.05 * Math.sin(1 + 12.9898 * i));
  return layouts.map((layout) => ({
    name: `rank-${layout.spec.rank}`,
    layout,
    block: parameters.slice(layout.start, layout.start + layout.count),
  }));
}

/** An engine that holds the fixture's model in `storage`. */
export async function openEngine(gpu: Gpu, fixture: string, a: Architecture, storage: 'f32' | 'f16') {
  const model = declareModel(a, storage, gpu.limits.maxStorageBufferBindingSize);
  const weights = parityFiles(`${fixture}/model`).filter(({ name }) => name.endsWith('.safetensors'));
  await loadModel(gpu, model, await openWeightFiles(weights));
  /** [ids, vocabulary] */
  const logits = (ids: readonly number[], adapter: NamedAdapter | undefined) => {
    if (!adapter) return logitsOf(gpu, model, ids);
    const [layout] = layOutAdapters(a, [adapter.layout.spec]);
    if (!layout) throw new Error(`${fixture}: no layout`);
    const placed = placeParameters(gpu, adapter.block);
    const adapters = answeringAdapters(a, [layout], placed);
    const choice = { adapter: 0, strength: 1 };
    return logitsOf(gpu, model, ids, { adapters, choice }).finally(() => gpu.free(placed.allocation));
  };
  const greedy = async (prompt: readonly number[], adapter: NamedAdapter | undefined, count: number) => {
    const ids = [...prompt];
    while (ids.length < prompt.length + count) {
      ids.push(best((await logits(ids, adapter)).subarray(-a.vocabularySize)));
    }
    return ids.slice(prompt.length);
  };
  return { logits, greedy };
}
