import { expect, it } from 'vitest';
import { type AdapterSpec, layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import { hash32 } from '../data/random.ts';
import type { TokenRow } from '../data/types.ts';
import { relativeError } from '../ops/testGpu.ts';
import { planCourse } from './course.ts';
import type { TrainingSettings } from './settings.ts';
import { BASE, train, withCase } from './testModels.ts';

const LENGTHS = [5, 60, 17, 9, 33, 8, 21, 12, 44, 6, 30, 11, 7, 52, 10, 19];

function rowsOf(vocabularySize: number): TokenRow[] {
  return LENGTHS.map((tokens, i) => ({
    ids: Uint32Array.from({ length: tokens }, (_, t) => hash32(3, i, t) % vocabularySize),
    loss: Uint8Array.from({ length: tokens }, (_, t) => (t >= tokens / 2 ? 1 : 0)),
    line: i + 1,
  }));
}

it.each([
  { name: 'gpt2', slidingWindow: undefined },
  { name: 'llama', slidingWindow: undefined },
  { name: 'mistral', slidingWindow: 9 },
])('rows packed into shared lines train $name as rows one by one do (window $slidingWindow)', async (c) => {
  await withCase(c.name, async ({ model: opened }, gpu) => {
    const architecture = { ...opened.architecture, ...(c.slidingWindow ? { slidingWindow: c.slidingWindow } : {}) };
    const model = { ...opened, architecture };
    const layouts = layOutAdapters(architecture, [
      { rank: 4, alpha: 8, dropout: 0, useRslora: false, targets: ['q', 'k', 'v', 'o'] },
    ]);
    const rows = rowsOf(architecture.vocabularySize);
    const settings = { ...BASE, learningRate: 0.05, length: { kind: 'steps' as const, steps: 3 } };
    const setup = { gpu, model, layouts, rows, start: initialParameters(layouts, [5]) };
    const together = { ...settings, batchSize: 8 };
    const sizes = planCourse({ ...setup, settings: together, validationRows: [] }).trainingSizes;
    expect(Math.max(...[...sizes.values()].map((size) => size.rows))).toBeLessThan(8);

    const packed = await train({ ...setup, settings: together });
    const single = await train({ ...setup, settings: { ...settings, batchSize: 1, accumulate: 8 } });
    packed.reports.forEach(({ adapters, tokens }, i) => {
      const { adapters: expected, tokens: expectedTokens } = single.reports[i]!;
      expect(tokens).toBe(expectedTokens);
      expect(Math.abs(adapters[0]!.loss / expected[0]!.loss - 1)).toBeLessThan(1e-6);
      expect(Math.abs(adapters[0]!.gradientNorm / expected[0]!.gradientNorm - 1)).toBeLessThan(1e-5);
    });
    expect(relativeError(packed.state.parameters, single.state.parameters)).toBeLessThan(1e-5);
  });
});

it('packed rows with dropout give the same bits with checkpointing, resumed within an epoch, and in a race as alone', async () => {
  await withCase('gpt2', async ({ model }, gpu) => {
    const specs = [0.2, 0.5].map(
      (dropout, i): AdapterSpec => ({ rank: 3 + i, alpha: 8, dropout, useRslora: false, targets: ['q', 'v', 'down'] }),
    );
    const layouts = layOutAdapters(model.architecture, specs);
    const settings: TrainingSettings = {
      ...BASE,
      optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.99, eps: 1e-8 },
      learningRate: 0.01,
      batchSize: 4,
      accumulate: 2,
      shuffle: true,
      length: { kind: 'steps', steps: 3 },
    };
    const rows = rowsOf(model.architecture.vocabularySize);
    const setup = { gpu, model, layouts, rows, settings, start: initialParameters(layouts, [1, 1]) };
    const sizes = [...planCourse({ ...setup, validationRows: [] }).trainingSizes.values()];
    expect(sizes.some((size) => size.rows < settings.batchSize)).toBe(true);
    const { state } = await train(setup);
    expect((await train({ ...setup, settings: { ...settings, checkpointing: true } })).state).toEqual(state);
    const { state: from } = await train({ ...setup, until: 1 });
    expect((await train({ ...setup, from })).state).toEqual(state);
    for (const [i, spec] of specs.entries()) {
      const own = layOutAdapters(model.architecture, [spec]);
      const alone = await train({ ...setup, layouts: own, start: initialParameters(own, [1]) });
      const { start, count } = layouts[i]!;
      expect(alone.state.parameters.slice(0, count)).toEqual(state.parameters.slice(start, start + count));
    }
  });
});
