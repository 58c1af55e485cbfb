// Two thousand steps of a tiny model: neither the JavaScript heap nor the GPU's bytes grow.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import { BASE, tokenRows, withCase } from './testModels.ts';
import { Trainer } from './trainer.ts';
import { freshState } from './trainerState.ts';

const STEPS = 2000;
/** What garbage collection and the engine's own caches leave: 0.5 KB a step would show. */
const HEAP_GROWTH_BYTES = 1 << 20;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

it(`keeps heap and GPU bytes flat over ${STEPS} steps`, { timeout: 600_000 }, async () => {
  await withCase('gpt2-inner', async ({ model, expected }, gpu) => {
    const layouts = layOutAdapters(model.architecture, [
      { rank: 2, alpha: 4, dropout: 0, useRslora: false, targets: ['o'], layers: [1, 1] },
    ]);
    const rows = tokenRows(expected.training.rows).slice(0, 2);
    const settings = { ...BASE, learningRate: 1e-4, length: { kind: 'steps' as const, steps: STEPS } };
    const trainer = await Trainer.plan({ gpu, model, layouts, settings, rows, validationRows: [] });
    await trainer.open(freshState(initialParameters(layouts, [1]), settings));
    for (let step = 1; step <= 200; step++) await trainer.step(step);
    const [heap, gpuBytes, created] = [heapBytes(), gpu.allocatedBytes, { ...gpu.created }];
    for (let step = 201; step <= STEPS; step++) await trainer.step(step);
    expect(heapBytes() - heap).toBeLessThan(HEAP_GROWTH_BYTES);
    expect(gpu.allocatedBytes).toBe(gpuBytes);
    expect(gpu.created).toEqual(created);
    await trainer.close();
  });
});
