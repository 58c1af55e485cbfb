// Racing several ranks together against the same ranks one after another: the time of a step of all of them, the memory
// of both, and whether their losses agree to the bit.
import { layOutAdapters } from '../../src/adapters/adapterSet.ts';
import { initialParameters } from '../../src/adapters/initial.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import type { FrozenModel } from '../../src/model/frozenModel.ts';
import { freeModel } from '../../src/model/loadModel.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { freshState } from '../../src/training/trainerState.ts';
import { contest } from './contest.ts';
import { loadProblem } from './ourStep.ts';
import type { Spread } from './statistics.ts';
import { STEP_SIZES, type StepProblem, stepProblem, stepSettings } from './stepProblem.ts';
import { mebibytes, number, spread, type Table } from './table.ts';

const RANKS = [1, 4, 16, 64] as const;
const STEPS = 1_000_000;

export interface RaceResult {
  readonly ranks: readonly number[];
  /** A step of all adapters. */
  readonly togetherMs: Spread;
  readonly inTurnMs: Spread;
  /** Planned bytes, the model included in each. */
  readonly togetherBytes: number;
  readonly aloneBytes: readonly number[];
  /** Largest difference of a loss from the adapter's own run. */
  readonly lossDifference: number;
}

export async function measureRace(gpu: Gpu, runs: number): Promise<RaceResult> {
  const problem = stepProblem(STEP_SIZES);
  const model = await loadProblem(gpu, problem);
  const race = await openRacers(gpu, problem, model, RANKS);
  const alone: Racers[] = [];
  for (const rank of RANKS) alone.push(await openRacers(gpu, problem, model, [rank]));
  let together: number[] = [];
  let inTurn: number[] = [];
  let lossDifference = 0;
  const elapsed = await contest(
    [
      {
        name: 'together',
        run: async () => {
          together = await race.step();
        },
      },
      {
        name: 'in turn',
        run: async () => {
          inTurn = [];
          for (const one of alone) inTurn.push(...(await one.step()));
          inTurn.forEach((loss, i) => {
            lossDifference = Math.max(lossDifference, Math.abs(loss - together[i]!));
          });
        },
      },
    ],
    { runs },
  );
  for (const one of [race, ...alone]) await one.trainer.close();
  freeModel(gpu, model);
  return {
    ranks: RANKS,
    togetherMs: elapsed.get('together')!,
    inTurnMs: elapsed.get('in turn')!,
    togetherBytes: race.trainer.memory.total,
    aloneBytes: alone.map(({ trainer }) => trainer.memory.total),
    lossDifference,
  };
}

interface Racers {
  readonly trainer: Trainer;
  /** Every adapter's loss, when the queue is done. */
  step(): Promise<number[]>;
}

async function openRacers(
  gpu: Gpu,
  { architecture, sizes, rows }: StepProblem,
  model: FrozenModel,
  ranks: readonly number[],
): Promise<Racers> {
  const layouts = layOutAdapters(
    architecture,
    ranks.map((rank) => ({ rank, alpha: 16, dropout: 0, useRslora: false, targets: ['q', 'k', 'v', 'o'] })),
  );
  const settings = stepSettings(sizes, STEPS, false);
  const run = { gpu, model, layouts, settings, rows, validationRows: [] };
  const trainer = await Trainer.plan({ ...run, longestSubmitMs: Number.POSITIVE_INFINITY });
  const seeds = layouts.map(() => settings.seed);
  await trainer.open(freshState(initialParameters(layouts, seeds), settings));
  let taken = 0;
  return {
    trainer,
    async step() {
      const { adapters } = await trainer.step(++taken);
      await gpu.device.queue.onSubmittedWorkDone();
      return adapters.map(({ loss }) => loss);
    },
  };
}

/** Time together over time in turn. */
export function raceTime({ togetherMs, inTurnMs }: RaceResult): number {
  return togetherMs.median / inTurnMs.median;
}

/** Bytes together over those of the runs side by side, each with its own model. */
export function raceMemory({ togetherBytes, aloneBytes }: RaceResult): number {
  return togetherBytes / aloneBytes.reduce((sum, bytes) => sum + bytes, 0);
}

export function raceTable(result: RaceResult): Table {
  const { ranks, togetherMs, inTurnMs, togetherBytes, aloneBytes, lossDifference } = result;
  const sum = aloneBytes.reduce((total, bytes) => total + bytes, 0);
  return {
    title: `Race of r ${ranks.join(', ')} against the same one after another; losses differ by ${lossDifference}`,
    columns: ['', 'together', 'apart', 'ratio'],
    rows: [
      ['a step of all, ms', spread(togetherMs), spread(inTurnMs), number(raceTime(result))],
      ['memory, each with its model', mebibytes(togetherBytes), mebibytes(sum), number(raceMemory(result))],
      [
        'memory, one after another',
        mebibytes(togetherBytes),
        mebibytes(Math.max(...aloneBytes)),
        number(togetherBytes / Math.max(...aloneBytes)),
      ],
    ],
  };
}
