import { expect, it } from 'vitest';
import { type AdapterSpec, flatElements, layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import type { TrainingSettings } from './settings.ts';
import { BASE, type Setup, tokenRows, train, withCase } from './testModels.ts';
import { Trainer } from './trainer.ts';
import { freshState } from './trainerState.ts';

const SPEC: AdapterSpec = { rank: 4, alpha: 8, dropout: 0.1, useRslora: false, targets: ['q', 'v'] };
const SETTINGS: TrainingSettings = {
  ...BASE,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  learningRate: 3e-3,
  warmupSteps: 2,
  schedule: 'cosine',
  clip: 1,
  batchSize: 3,
  accumulate: 2,
  shuffle: true,
  seed: 7,
  length: { kind: 'steps', steps: 20 },
};

/** The tiny Llama with a fresh adapter, and its training rows. */
function withTinyRun<T>(use: (setup: Setup) => Promise<T>, overrides: Partial<TrainingSettings> = {}): Promise<T> {
  return withCase('llama', async ({ model, expected }, gpu) => {
    const layouts = layOutAdapters(model.architecture, [SPEC]);
    const settings = { ...SETTINGS, ...overrides };
    return use({
      gpu,
      model,
      layouts,
      settings,
      rows: tokenRows(expected.training.rows),
      start: initialParameters(layouts, [5]),
    });
  });
}

it('gives the same bits twice, and when stopped at step 7 of 20 and resumed', async () => {
  await withTinyRun(async (setup) => {
    const once = await train(setup);
    const again = await train(setup);
    expect(again).toEqual(once);
    const stopped = await train({ ...setup, until: 7 });
    const resumed = await train({ ...setup, from: stopped.state });
    expect(resumed.state).toEqual(once.state);
    expect([...stopped.reports, ...resumed.reports]).toEqual(once.reports);
  });
});

it('gives the same bits with checkpointing, in less memory', async () => {
  await withTinyRun(async (setup) => {
    const plain = await train(setup);
    const checkpointed = await train({ ...setup, settings: { ...setup.settings, checkpointing: true } });
    expect(checkpointed.state).toEqual(plain.state);
    const memoryWith = async (checkpointing: boolean) =>
      (await Trainer.plan({ ...setup, settings: { ...setup.settings, checkpointing }, validationRows: [] })).memory
        .activations;
    expect(await memoryWith(true)).toBeLessThan(await memoryWith(false));
  });
});

it('takes other rows with another seed', async () => {
  await withTinyRun(async (setup) => {
    const other = await train({ ...setup, settings: { ...setup.settings, seed: 8 } });
    expect(other.reports[0]!.adapters[0]!.loss).not.toBe((await train(setup)).reports[0]!.adapters[0]!.loss);
  });
});

it('allocates exactly what it planned, and after the first step of each shape creates nothing', async () => {
  await withTinyRun(
    async (setup) => {
      const { gpu } = setup;
      const before = gpu.allocatedBytes;
      const trainer = await Trainer.plan({ ...setup, validationRows: [] });
      expect(gpu.allocatedBytes).toBe(before);
      await trainer.open(freshState(setup.start, setup.settings));
      // Without shuffling the batches, and so their shapes, come again after as many steps as there are rows.
      const cycle = setup.rows.length;
      for (let step = 1; step <= cycle; step++) await trainer.step(step);
      expect(gpu.allocatedBytes - before).toBe(trainer.memory.total - trainer.memory.weights);
      const created = { ...gpu.created };
      for (let step = cycle + 1; step <= cycle + 200; step++) await trainer.step(step);
      expect(gpu.created).toEqual(created);
      await trainer.close();
      expect(gpu.allocatedBytes).toBe(before);
    },
    { shuffle: false, length: { kind: 'steps', steps: 1000 } },
  );
});

it('leaves the adapter as it was when a step is not finite, and ever after', async () => {
  await withTinyRun(
    async (setup) => {
      const trainer = await Trainer.plan({ ...setup, validationRows: [] });
      await trainer.open(freshState(setup.start, setup.settings));
      let step = 1;
      let last = await trainer.readState(0);
      let report = await trainer.step(step);
      while (report.adapters[0]!.isFinite && step < 20) {
        last = await trainer.readState(step);
        report = await trainer.step(++step);
      }
      expect(report.adapters[0]!.isFinite).toBe(false);
      const kept = await trainer.readState(step);
      expect(kept.parameters).toEqual(last.parameters);
      await trainer.step(step + 1);
      expect((await trainer.readState(step + 1)).parameters).toEqual(last.parameters);
      await trainer.close();
    },
    { learningRate: 3e38, clip: 0, warmupSteps: 0, optimizer: { kind: 'sgd', momentum: 0 } },
  );
});

it('keeps two steps in flight without mixing their results', async () => {
  await withTinyRun(async (setup) => {
    const inTurn = await train(setup);
    const trainer = await Trainer.plan({ ...setup, validationRows: [] });
    await trainer.open(freshState(setup.start, setup.settings));
    const reports = [];
    let previous = trainer.step(1);
    for (let step = 2; step <= 20; step++) {
      const next = trainer.step(step);
      reports.push(await previous);
      previous = next;
    }
    reports.push(await previous);
    expect(reports).toEqual(inTurn.reports);
    await trainer.close();
  });
});

it('says which row is too long for the model', async () => {
  await withTinyRun(async (setup) => {
    const { maxPositions } = setup.model.architecture;
    const ids = new Uint32Array(maxPositions + 1);
    const rows = [{ ids, loss: new Uint8Array(ids.length).fill(1, 1), line: 1 }];
    await expect(Trainer.plan({ ...setup, rows, validationRows: [] })).rejects.toThrow(/longest row has \d+ tokens/);
  });
});

it('needs room in the flat buffers for every adapter', async () => {
  await withTinyRun(async (setup) => {
    const layouts = layOutAdapters(setup.model.architecture, [SPEC, { ...SPEC, rank: 9 }]);
    expect(flatElements(layouts)).toBeGreaterThanOrEqual(layouts[1]!.start + layouts[1]!.count);
    expect(layouts[1]!.start % 64).toBe(0);
  });
});
