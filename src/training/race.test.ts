// Adapters that train together: each ends as it would have alone, and one that stops leaves the others as they were.
import { expect, it, vi } from 'vitest';
import { type AdapterSpec, layOutAdapters } from '../adapters/adapterSet.ts';
import { initialParameters } from '../adapters/initial.ts';
import type { Gpu } from '../gpu/device.ts';
import { CORE_TRAITS } from '../gpu/traits.ts';
import type { FrozenModel } from '../model/frozenModel.ts';
import { forcedTile } from '../ops/productTiles.ts';
import type { StepReport } from './stepReport.ts';
import { BASE, tokenRows, train, withCase } from './testModels.ts';
import { Trainer } from './trainer.ts';
import { freshState } from './trainerState.ts';

vi.setConfig({ testTimeout: 240_000 });

interface Racer {
  readonly spec: AdapterSpec;
  readonly learningRate: number;
}

/** Every rank tile, several scalings and rates, matrices that share rows and such that do not, with dropout and without. */
const RACERS: Racer[] = [
  { spec: { rank: 1, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'v'] }, learningRate: 2e-3 },
  { spec: { rank: 4, alpha: 8, dropout: 0.1, useRslora: false, targets: ['q', 'k', 'v', 'o'] }, learningRate: 1e-2 },
  { spec: { rank: 24, alpha: 32, dropout: 0, useRslora: true, targets: ['q', 'v', 'down'] }, learningRate: 5e-4 },
  { spec: { rank: 9, alpha: 9, dropout: 0.3, useRslora: false, targets: ['o', 'up'] }, learningRate: 1e-3 },
];
const SEED = 7;
const SETTINGS = {
  ...BASE,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const,
  schedule: 'cosine' as const,
  warmupSteps: 2,
  weightDecay: 0.01,
  clip: 1,
  batchSize: 3,
  accumulate: 2,
  shuffle: true,
  seed: SEED,
  length: { kind: 'steps', steps: 6 } as const,
};

interface Track {
  readonly gpu: Gpu;
  readonly model: FrozenModel;
  readonly rows: ReturnType<typeof tokenRows>;
}

async function race({ gpu, model, rows }: Track, racers: readonly Racer[]) {
  const layouts = layOutAdapters(
    model.architecture,
    racers.map(({ spec }) => spec),
  );
  const learningRates = racers.map(({ learningRate }) => learningRate);
  const seeds = racers.map(() => SEED);
  const start = initialParameters(layouts, seeds);
  const { reports, state } = await train({ gpu, model, rows, layouts, learningRates, settings: SETTINGS, start });
  return layouts.map(({ start: from, count }, i) => ({
    reports: reports.map(({ adapters }) => adapters[i]!),
    parameters: state.parameters.slice(from, from + count),
    first: state.first.slice(from, from + count),
    second: state.second?.slice(from, from + count),
  }));
}

it.each(['llama', 'qwen3', 'gpt2'])('%s: each adapter of a race ends with the bits that it has alone', async (name) => {
  await withCase(name, async ({ model, expected }, gpu) => {
    const track = { gpu, model, rows: tokenRows(expected.training.rows) };
    const racers = name === 'gpt2' ? RACERS.map(forGpt2) : RACERS;
    const together = await race(track, racers);
    for (const [i, racer] of racers.entries()) expect([together[i]]).toEqual(await race(track, [racer]));
  });
});

/** Its attention is one matrix. */
function forGpt2({ spec, ...racer }: Racer): Racer {
  return { ...racer, spec: { ...spec, targets: spec.targets.map((target) => (target === 'o' ? 'down' : target)) } };
}

/** The first report that is true of `adapter`. */
function firstStep(reports: readonly StepReport[], adapter: number, is: 'isFinite' | 'isStopped', value: boolean) {
  return reports.find(({ adapters }) => adapters[adapter]![is] === value)?.step;
}

it('one that diverges keeps what it was, one that is dropped too, and the third does not notice; also when resumed', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const rows = tokenRows(expected.training.rows);
    const specs = [RACERS[0]!.spec, RACERS[0]!.spec, RACERS[1]!.spec];
    const layouts = layOutAdapters(model.architecture, specs);
    const settings = { ...SETTINGS, optimizer: { kind: 'sgd', momentum: 0 } as const, clip: 0, warmupSteps: 0 };
    const learningRates = [1e30, 1e-3, 1e-2];
    const start = initialParameters(layouts, [SEED, SEED, SEED]);
    const block = (parameters: Float32Array, i: number) =>
      parameters.slice(layouts[i]!.start, layouts[i]!.start + layouts[i]!.count);
    const plan = () => Trainer.plan({ gpu, model, layouts, learningRates, settings, rows, validationRows: [] });

    const trainer = await plan();
    await trainer.open(freshState(start, settings));
    const reports = [await trainer.step(1), await trainer.step(2)];
    await trainer.drop(1);
    const dropped = block((await trainer.readState(2)).parameters, 1);
    for (let step = 3; step <= 4; step++) reports.push(await trainer.step(step));
    const middle = await trainer.readState(4);
    await trainer.close();
    const failed = firstStep(reports, 0, 'isFinite', false)!;
    expect(failed).toBeLessThan(4);
    expect(firstStep(reports, 0, 'isStopped', true)).toBe(failed + 1);
    expect(firstStep(reports, 1, 'isStopped', true)).toBe(3);
    expect(firstStep(reports, 2, 'isStopped', true)).toBeUndefined();
    expect(middle.stopped).toEqual([
      { adapter: 0, step: failed - 1 },
      { adapter: 1, step: 2 },
    ]);
    expect(block(middle.parameters, 1)).toEqual(dropped);

    const again = await plan();
    await again.open(middle);
    for (let step = 5; step <= 6; step++) reports.push(await again.step(step));
    const end = await again.readState(6);
    await again.close();
    expect(end.stopped).toEqual(middle.stopped);
    for (const i of [0, 1]) expect(block(end.parameters, i)).toEqual(block(middle.parameters, i));
    for (const value of block(end.parameters, 0)) expect(Number.isFinite(value)).toBe(true);

    const alone = layOutAdapters(model.architecture, [specs[2]!]);
    const solo = await train({
      gpu,
      model,
      layouts: alone,
      learningRates: [1e-2],
      settings,
      rows,
      start: initialParameters(alone, [SEED]),
    });
    expect(block(end.parameters, 2)).toEqual(solo.state.parameters.slice(0, alone[0]!.count));
    expect(reports.map(({ adapters }) => adapters[2])).toEqual(solo.reports.map(({ adapters }) => adapters[0]));
  });
});

it('rows of an adapter that has stopped are computed no longer, and the others do not notice', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const rows = tokenRows(expected.training.rows);
    const specs = [RACERS[2]!.spec, RACERS[0]!.spec, RACERS[1]!.spec];
    const layouts = layOutAdapters(model.architecture, specs);
    const settings = { ...SETTINGS, optimizer: { kind: 'sgd', momentum: 0.9 } as const, clip: 0, warmupSteps: 0 };
    const shared = { gpu, model, settings, rows, validationRows: rows.slice(0, 4) };
    const before = gpu.allocatedBytes;
    const trainer = await Trainer.plan({ ...shared, layouts, learningRates: [1e-3, 1e30, 1e-2] });
    const ofAll = trainer.memory;
    await trainer.open(freshState(initialParameters(layouts, [SEED, SEED, SEED]), settings));
    const reports: StepReport[] = [];
    const inPairs = async (first: number) =>
      reports.push(...(await Promise.all([trainer.step(first), trainer.step(first + 1)])));
    const allocated = () => gpu.allocatedBytes - before;
    await inPairs(1);
    await inPairs(3);
    expect(firstStep(reports, 1, 'isFinite', false)).toBeLessThan(4);
    const ofTwo = trainer.memory;
    expect(allocated()).toBeLessThanOrEqual(ofTwo.total - ofTwo.weights);
    await trainer.drop(0);
    await inPairs(5);
    const ofOne = trainer.memory;
    expect(allocated()).toBeLessThanOrEqual(ofOne.total - ofOne.weights);
    const { adapters } = await trainer.evaluate();
    const { parameters, first } = await trainer.readState(6);
    await trainer.close();
    expect(allocated()).toBe(0);

    const alone = layOutAdapters(model.architecture, [specs[2]!]);
    const solo = await Trainer.plan({ ...shared, layouts: alone, learningRates: [1e-2] });
    expect(ofOne.activations).toBe(solo.memory.activations);
    expect(ofTwo.activations / ofAll.activations).toBeLessThan(0.75);
    await solo.open(freshState(initialParameters(alone, [SEED]), settings));
    const soloReports: StepReport[] = [];
    for (let step = 1; step <= 6; step++) soloReports.push(await solo.step(step));
    expect([null, null, ...(await solo.evaluate()).adapters]).toEqual(adapters);
    const state = await solo.readState(6);
    await solo.close();
    const { start, count } = layouts[2]!;
    expect(parameters.slice(start, start + count)).toEqual(state.parameters.slice(0, count));
    expect(first.slice(start, start + count)).toEqual(state.first.slice(0, count));
    expect(reports.map((report) => report.adapters[2])).toEqual(soloReports.map((report) => report.adapters[0]));
  });
});

it('goes on where the steps under way break the last adapters as one leaves', async () => {
  await withCase('llama', async ({ model, expected }, gpu) => {
    const rows = tokenRows(expected.training.rows);
    const layouts = layOutAdapters(model.architecture, [RACERS[0]!.spec, RACERS[0]!.spec]);
    const settings = { ...SETTINGS, optimizer: { kind: 'sgd', momentum: 0 } as const, clip: 0, warmupSteps: 0 };
    const learningRates = [1e30, 1e18];
    const trainer = await Trainer.plan({ gpu, model, layouts, learningRates, settings, rows, validationRows: [] });
    await trainer.open(freshState(initialParameters(layouts, [SEED, SEED]), settings));
    const reports: StepReport[] = [];
    let before = trainer.step(1);
    for (let step = 2; step <= 6; step++) {
      const next = trainer.step(step);
      reports.push(await before);
      before = next;
    }
    reports.push(await before);
    const { parameters, stopped } = await trainer.readState(6);
    await trainer.close();
    expect(stopped.map(({ adapter }) => adapter)).toEqual([0, 1]);
    expect(reports.at(-1)?.adapters.every(({ isStopped }) => isStopped)).toBe(true);
    expect(parameters.every(Number.isFinite)).toBe(true);
  });
});

/** Largest difference over the largest value: rounding, where sums are cut elsewhere. */
const ROUNDING = 1e-5;

it('with a GPU’s kernels, and other tiles for the rows of all than for those of one, within rounding', async () => {
  await withCase('qwen3', async ({ model, expected }, gpu) => {
    const { traits } = gpu;
    const variants = new Map(forcedTile(CORE_TRAITS, 'registers 4×4').variants);
    for (const key of variants.keys()) if (key.includes('many rows')) variants.set(key, 'workgroup memory 64×64');
    gpu.traits = { ...CORE_TRAITS, variants };
    try {
      const track = { gpu, model, rows: tokenRows(expected.training.rows) };
      const together = await race(track, RACERS);
      for (const [i, racer] of RACERS.entries()) {
        const [alone] = await race(track, [racer]);
        const { parameters } = together[i]!;
        const scale = parameters.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const apart = parameters.reduce((most, value, j) => Math.max(most, Math.abs(value - alone!.parameters[j]!)), 0);
        expect(apart / scale).toBeLessThan(ROUNDING);
      }
    } finally {
      gpu.traits = traits;
    }
  });
});
