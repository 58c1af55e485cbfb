// Where the time of the step's one micro-batch goes, by kernel, from timestamps around every dispatch. A pass for each
// dispatch costs a little that the real step does not pay.

import type { KernelTime } from '../../src/gpu/boundPlan.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { loadProblem, openOurStep } from './ourStep.ts';
import { spreadOf } from './statistics.ts';
import { type StepSizes, stepProblem } from './stepProblem.ts';
import { number, percent, spread, type Table } from './table.ts';

/** Profiles the step `runs` times; each kernel's time is its median. */
export async function profileStep(gpu: Gpu, sizes: StepSizes, runs: number): Promise<Table[]> {
  const problem = stepProblem(sizes);
  const ours = await openOurStep(gpu, problem, await loadProblem(gpu, problem));
  const elapsed: number[] = [];
  const profiles: KernelTime[][] = [];
  for (let run = -2; run < runs; run++) {
    const start = performance.now();
    await ours.step();
    if (run >= 0) elapsed.push(performance.now() - start);
    if (run >= 0) profiles.push(await ours.trainer.profile(1));
  }
  await ours.close();
  const rows = profiles[0]!.map(({ kernel, calls, operations }) => {
    const ms = profiles.map((profile) => profile.find((entry) => entry.kernel === kernel)?.elapsedMs ?? 0);
    return { kernel, calls, operations, ...spreadOf(ms) };
  });
  rows.sort((a, b) => b.median - a.median);
  const total = rows.reduce((sum, { median }) => sum + median, 0);
  return [
    {
      title: `Step by kernel: ${gpu.adapter.name}, step ${spread(spreadOf(elapsed))} ms, profiled ${number(total)} ms`,
      columns: ['kernel', 'calls', 'ms', 'min', 'share', 'GFLOP', 'GFLOP/s'],
      rows: rows.map(({ kernel, calls, median, min, operations }) => [
        kernel,
        `${calls}`,
        number(median),
        number(min),
        percent(median / total),
        number(operations / 1e9),
        operations > 0 ? number(operations / 1e6 / median) : '',
      ]),
    },
  ];
}
