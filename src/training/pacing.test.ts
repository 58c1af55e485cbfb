import { expect, it, vi } from 'vitest';
import { layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import { BASE, tokenRows, withCase } from './testModels.ts';
import { Trainer } from './trainer.ts';
import { freshState } from './trainerState.ts';

const STEPS = 6;
const SETTINGS = {
  ...BASE,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  learningRate: 3e-3,
  batchSize: 3,
  accumulate: 2,
  length: { kind: 'steps', steps: STEPS },
} as const;

it('one submit a micro-batch, update and results with the last; cut short, more of them and the same bits', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const layouts = layOutAdapters(model.architecture, [
      { rank: 4, alpha: 8, dropout: 0.1, useRslora: false, targets: ['q', 'v'] },
    ]);
    const rows = tokenRows(expected.training.rows);
    const start = initialParameters(layouts, [5]);
    const run = async (longestSubmitMs: number | undefined) => {
      const options = { gpu, model, layouts, settings: SETTINGS, rows, validationRows: [] };
      const trainer = await Trainer.plan({ ...options, longestSubmitMs });
      await trainer.open(freshState(start, SETTINGS));
      for (let step = 1; step < STEPS; step++) await trainer.step(step);
      const submit = vi.spyOn(gpu.device.queue, 'submit');
      await trainer.step(STEPS);
      const submits = submit.mock.calls.length;
      submit.mockRestore();
      const state = await trainer.readState(STEPS);
      await trainer.close();
      return { submits, state };
    };
    const plain = await run(undefined);
    expect(plain.submits).toBe(SETTINGS.accumulate);
    const cut = await run(0.01);
    expect(cut.submits).toBeGreaterThan(SETTINGS.accumulate);
    expect(cut.state).toEqual(plain.state);
  });
});
