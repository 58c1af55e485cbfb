// How speed and memory grow with the length of rows, layers, rank and batch, with and without checkpointing. On software
// adapters the model is a smaller one, so that the longest curve ends.
import type { Gpu } from '../../src/gpu/device.ts';
import { contest } from './contest.ts';
import { loadProblem, openOurStep } from './ourStep.ts';
import type { Spread } from './statistics.ts';
import { STEP_SIZES, type StepSizes, stepProblem, tokensOf } from './stepProblem.ts';
import { mebibytes, number, type Table } from './table.ts';

export type Axis = 'length' | 'layers' | 'rank' | 'batch';

export interface GrowthPoint {
  readonly axis: Axis;
  readonly value: number;
  readonly checkpointing: boolean;
  readonly elapsedMs: Spread;
  readonly tokensPerSecond: number;
  /** Weights, adapter and activations of the run. */
  readonly peakBytes: number;
}

export interface GrowthResult {
  readonly base: StepSizes;
  readonly points: readonly GrowthPoint[];
}

const SMALL: StepSizes = { ...STEP_SIZES, layers: 2, hidden: 128, heads: 2, mlp: 512, batch: 2, vocabulary: 1024 };

const AXES: Readonly<Record<Axis, readonly number[]>> = {
  length: [64, 128, 256, 512, 1024],
  layers: [2, 4, 8, 16],
  rank: [1, 4, 16, 64],
  batch: [1, 2, 4, 8, 16],
};

export async function measureGrowth(gpu: Gpu, runs: number, isQuick: boolean): Promise<GrowthResult> {
  const base = gpu.adapter.isSoftware ? SMALL : STEP_SIZES;
  const points: GrowthPoint[] = [];
  for (const axis of ['length', 'layers', 'rank', 'batch'] as const) {
    for (const value of isQuick ? AXES[axis].slice(0, 2) : AXES[axis]) {
      const changed = { ...base, [axis]: value };
      const sizes = { ...changed, lossTokens: Math.min(base.lossTokens, changed.length / 2) };
      points.push(...(await measurePair(gpu, sizes, runs)).map((point) => ({ axis, value, ...point })));
    }
  }
  return { base, points };
}

/** Without and with checkpointing, in turn. */
async function measurePair(gpu: Gpu, sizes: StepSizes, runs: number): Promise<Omit<GrowthPoint, 'axis' | 'value'>[]> {
  const problem = stepProblem(sizes);
  const pair = [];
  for (const checkpointing of [false, true]) {
    const held = gpu.allocatedBytes;
    gpu.peakAllocatedBytes = held;
    const ours = await openOurStep(gpu, problem, await loadProblem(gpu, problem), { checkpointing });
    await ours.step();
    pair.push({ name: `${checkpointing}`, checkpointing, ours, peakBytes: gpu.peakAllocatedBytes - held });
  }
  const contenders = pair.map(({ name, ours }) => ({ name, run: async () => void (await ours.step()) }));
  const elapsed = await contest(contenders, { runs, warmup: 1 });
  for (const { ours } of pair) await ours.close();
  return pair.map(({ name, checkpointing, peakBytes }) => {
    const elapsedMs = elapsed.get(name)!;
    return { checkpointing, elapsedMs, tokensPerSecond: (tokensOf(sizes) * 1e3) / elapsedMs.median, peakBytes };
  });
}

export function growthTables({ base, points }: GrowthResult): Table[] {
  const { layers, hidden, mlp, length, batch, vocabulary, rank } = base;
  const title = `Growth from ${layers} layers, d ${hidden}, MLP ${mlp}, length ${length}, batch ${batch}, vocabulary ${vocabulary}, r ${rank}`;
  const rows = points
    .filter(({ checkpointing }) => !checkpointing)
    .map((plain) => {
      const other = points.find((p) => p.checkpointing && p.axis === plain.axis && p.value === plain.value)!;
      return [
        `${plain.axis} ${plain.value}`,
        number(plain.tokensPerSecond),
        mebibytes(plain.peakBytes),
        number(other.tokensPerSecond),
        mebibytes(other.peakBytes),
      ];
    });
  return [{ title, columns: ['', 'tokens/s', 'peak', 'checkpointed', 'peak'], rows }];
}
