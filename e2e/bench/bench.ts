// The benchmark: runs the sections asked for, one after another, and gives what was measured and the tables that show it.
import { tune } from '../../src/ops/tuning.ts';
import { barsOf, barTable } from './bars.ts';
import { ceilingTable, measureCeiling } from './ceiling.ts';
import { type BenchEnvironment, openGpu } from './environment.ts';
import { growthTables, measureGrowth } from './growth.ts';
import { loraLinearTable, measureLoraLinear } from './loraLinear.ts';
import { measureOps, opsTable } from './ops.ts';
import { measureRace, raceTable } from './race.ts';
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
import { number, spread, type Table } from './table.ts';

/** Measures; logs each section's tables and hands over all results as it ends. `before`: what an earlier run left. */
export async function runBench(
  environment: BenchEnvironment,
  { sections, runs, isQuick }: BenchOptions,
  before: BenchResults | undefined,
  keep: (results: BenchResults) => void,
): Promise<void> {
  const results: Partial<SectionResults> = { ...before?.sections };
  const measured: Partial<Record<Section, Measured>> = { ...before?.measured };
  const show = (...tables: Table[]) => {
    for (const table of tables) environment.show(table);
  };
  // One device for all sections but the step: what it has compiled serves the next.
  const gpu = await openGpu(environment, new Map());
  const withRig = async <T>(measure: (rig: Rig) => Promise<T>): Promise<T> => {
    const rig = new Rig(gpu);
    try {
      return await measure(rig);
    } finally {
      rig.free();
    }
  };
  const { name: adapter, features } = gpu.adapter;
  environment.log(`${adapter}, ${environment.runtime}`);
  const start = performance.now();
  const { variants } = await tune(gpu);
  gpu.traits = { ...gpu.traits, variants };
  const tuning = { elapsedMs: performance.now() - start, variants: Object.fromEntries(variants) };
  const chosen = [...variants].map(([kind, tile]) => `\n  ${kind}: ${tile}`).join('');
  environment.log(`Tuned in ${number(tuning.elapsedMs)} ms:${chosen}`);
  const current = (): BenchResults => {
    const bars = barsOf(results, adapter, tuning.elapsedMs);
    return { adapter, where: environment.where, features, tuning, sections: results, measured, bars };
  };
  for (const section of SECTIONS) {
    if (!sections.includes(section)) continue;
    switch (section) {
      case 'ceiling':
        results.ceiling = await withRig((rig) => measureCeiling(rig, runs));
        show(ceilingTable(results.ceiling));
        break;
      case 'ops':
        results.ops = await withRig((rig) => measureOps(rig, runs, isQuick));
        show(opsTable(results.ops));
        break;
      case 'linear':
        results.linear = await withRig((rig) => measureLoraLinear(rig, runs));
        show(loraLinearTable(results.linear));
        break;
      case 'step':
        results.step = await measureStep(environment, variants, runs);
        show(...stepTables(results.step));
        break;
      case 'race':
        results.race = await measureRace(gpu, runs);
        show(raceTable(results.race));
        break;
      case 'cold':
        if (!environment.coldSteps) continue;
        results.cold = spreadOf(await environment.coldSteps(3, variants));
        environment.log(`\nFirst step from a loaded model, in a fresh process: ${spread(results.cold)} ms`);
        break;
      case 'growth':
        results.growth = await measureGrowth(gpu, runs, isQuick);
        show(...growthTables(results.growth));
        break;
      default:
        section satisfies never;
    }
    const { commit, runtime } = environment;
    const peers = Object.fromEntries(environment.peers.map(({ name, version }) => [name, version]));
    measured[section] = { date: new Date().toISOString(), commit, runtime, peers, runs, load: environment.load?.() };
    keep(current());
  }
  gpu.destroy();
  show(barTable(current().bars));
}
