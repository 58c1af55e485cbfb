import { expect, it } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import { hash32 } from '../data/random.ts';
import type { TokenRow } from '../data/types.ts';
import { relativeError } from '../ops/testGpu.ts';
import { planCourse } from './course.ts';
import { BASE, train, withCase } from './testModels.ts';

const LENGTHS = [5, 60, 17, 9, 33, 8, 21, 12, 44, 6, 30, 11, 7, 52, 10, 19];

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
    const rows = LENGTHS.map(
      (tokens, i): TokenRow => ({
        ids: Uint32Array.from({ length: tokens }, (_, t) => hash32(3, i, t) % architecture.vocabularySize),
        loss: Uint8Array.from({ length: tokens }, (_, t) => (t >= tokens / 2 ? 1 : 0)),
        line: i + 1,
      }),
    );
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
