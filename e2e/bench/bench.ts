// The benchmark: runs the sections asked for, one after another, and gives what was measured and the tables that show it.
import { Gpu } from '../../src/gpu/device.ts';
import { barsOf, barTable } from './bars.ts';
import { ceilingTable, measureCeiling } from './ceiling.ts';
import type { BenchEnvironment } from './environment.ts';
import { growthTables, measureGrowth } from './growth.ts';
import { loraLinearTable, measureLoraLinear } from './loraLinear.ts';
import { measureOps, opsTable } from './ops.ts';
import {
  type BenchOptions,
  type BenchResults,
  type Measured,
  SECTIONS,
  type Section,
  type SectionResults,
} from './results.ts';
import { Rig } from './rig.ts';
import { spreadOf } from './statistics.ts';
import { measureStep, stepTables } from './stepContest.ts';
import { renderTable, spread, type Table } from './table.ts';

/** Measures; logs each section's tables as it ends. `before`: what an earlier run left. */
export async function runBench(
  environment: BenchEnvironment,
  { sections, runs, isQuick }: BenchOptions,
  before?: BenchResults,
): Promise<BenchResults> {
  const results: Partial<SectionResults> = { ...before?.sections };
  const measured: Partial<Record<Section, Measured>> = { ...before?.measured };
  const show = (...tables: Table[]) => {
    for (const table of tables) environment.log(`\n${renderTable(table)}`);
  };
  const onDevice = async <T>(measure: (gpu: Gpu, rig: Rig) => Promise<T>): Promise<T> => {
    const gpu = await Gpu.open(await environment.openAdapter(), environment.shaders);
    const rig = new Rig(gpu);
    try {
      return await measure(gpu, rig);
    } finally {
      rig.free();
      gpu.destroy();
    }
  };
  const { name: adapter, features } = await onDevice(async (gpu) => gpu.adapter);
  environment.log(`${adapter}, ${environment.runtime}`);
  for (const section of SECTIONS) {
    if (!sections.includes(section)) continue;
    switch (section) {
      case 'ceiling':
        results.ceiling = await onDevice((_, rig) => measureCeiling(rig, runs));
        show(ceilingTable(results.ceiling));
        break;
      case 'ops':
        results.ops = await onDevice((_, rig) => measureOps(rig, runs, isQuick));
        show(opsTable(results.ops));
        break;
      case 'linear':
        results.linear = await onDevice((_, rig) => measureLoraLinear(rig, runs));
        show(loraLinearTable(results.linear));
        break;
      case 'step':
        results.step = await measureStep(environment, runs);
        show(...stepTables(results.step));
        break;
      case 'cold':
        if (!environment.coldSteps) continue;
        results.cold = spreadOf(await environment.coldSteps(3));
        environment.log(`\nFirst step from a loaded model, in a fresh process: ${spread(results.cold)} ms`);
        break;
      case 'growth':
        results.growth = await onDevice((gpu) => measureGrowth(gpu, isQuick));
        show(...growthTables(results.growth));
        break;
      default:
        section satisfies never;
    }
    const { commit, runtime } = environment;
    const peers = Object.fromEntries(environment.peers.map(({ name, version }) => [name, version]));
    measured[section] = { date: new Date().toISOString(), commit, runtime, peers, runs };
  }
  const bars = barsOf(results, adapter);
  show(barTable(bars));
  return { adapter, where: environment.where, features, sections: results, measured, bars };
}
