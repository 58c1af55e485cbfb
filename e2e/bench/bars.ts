// The speeds that a run must reach, and whether it did. They are floors.
import { overPlain } from './ceiling.ts';
import { loraOverFrozen } from './loraLinear.ts';
import { raceMemory, raceTime } from './race.ts';
import type { Bar, SectionResults } from './results.ts';
import { number, type Table } from './table.ts';

/** Bars that hold for what was measured. Those of single adapters hold on those only. */
export function barsOf(results: Partial<SectionResults>, adapter: string, tuningMs: number): Bar[] {
  const isLavapipe = /llvmpipe/i.test(adapter);
  const isSwiftShader = /swiftshader/i.test(adapter);
  const bars: Bar[] = [];
  const add = (what: string, is: Bar['is'], bar: number, value: number | undefined) => {
    if (value === undefined) return;
    bars.push({ what, value, bar, is, isMet: is === 'least' ? value >= bar : value <= bar });
  };
  const { ceiling, linear, step, race, cold } = results;
  const ours = step?.sides[0];
  const over = (name: string) => {
    const side = step?.sides.find((candidate) => candidate.name === name);
    return side && ours && side.elapsedMs.median / ours.elapsedMs.median;
  };
  add('tokens/s over jax-js', 'least', isLavapipe ? 2 : 1.8, over('jax-js'));
  add('tokens/s over TensorFlow.js', 'least', isLavapipe ? 3 : 12, over('TensorFlow.js'));
  add('counted operations over ceiling × time', 'least', 0.75, step?.shareOfCeiling);
  if (isLavapipe || isSwiftShader) {
    add('ceiling over a plain 4×4 tile at 1024³', 'least', isLavapipe ? 1.1 : 1.6, ceiling && overPlain(ceiling, 1024));
  }
  add('LoRA linear r = 8 over frozen', 'most', 1.12, linear && loraOverFrozen(linear, 8));
  add('LoRA linear r = 64 over frozen', 'most', 1.45, linear && loraOverFrozen(linear, 64));
  add('race of 4 ranks over one after another, time', 'most', 1, race && raceTime(race));
  add('race of 4 ranks over 4 runs, memory', 'most', 0.75, race && raceMemory(race));
  add('peak MiB of the step', 'most', 48, ours && ours.peakBytes / 2 ** 20);
  add('dispatches per step', 'most', 120, ours?.dispatches);
  add('submits per step', 'most', 1, ours?.submits);
  add('tuning, s', 'most', 2, tuningMs / 1e3);
  if (isLavapipe) add('first step, shaders cold, s', 'most', 3, cold && cold.median / 1e3);
  return bars;
}

export function barTable(bars: readonly Bar[]): Table {
  return {
    title: 'Bars',
    columns: ['', 'measured', 'bar', ''],
    rows: bars.map(({ what, value, bar, is, isMet }) => [
      what,
      number(value),
      `at ${is} ${bar}`,
      isMet ? 'met' : 'NOT MET',
    ]),
  };
}
