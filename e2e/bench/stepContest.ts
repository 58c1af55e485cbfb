// The step of ours and of the peers, in turn, from the same weights and batch, with every loss compared; and the ceiling
// beside them, so that the share of it is of the same minutes.
import { prepareCeiling } from './ceiling.ts';
import { type Contender, contest } from './contest.ts';
import { type BenchEnvironment, openGpu, type Variants } from './environment.ts';
import { countGpu, type GpuCounts } from './gpuCounts.ts';
import { loadProblem, openOurStep } from './ourStep.ts';
import type { PeerStep } from './peers/peerStep.ts';
import { Rig } from './rig.ts';
import type { Spread } from './statistics.ts';
import { stepOperations } from './stepArithmetic.ts';
import { STEP_SIZES, stepProblem, tokensOf } from './stepProblem.ts';
import { mebibytes, number, percent, spread, type Table, times } from './table.ts';

export interface StepSide {
  readonly name: string;
  readonly elapsedMs: Spread;
  readonly tokensPerSecond: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly peakBytes: number;
  /** From the weights in memory of this process to the first loss, with whatever this process has compiled before. */
  readonly firstStepMs: number;
  /** Largest difference from our loss at the same step, over our loss. */
  readonly lossDifference: number;
  readonly lastLoss: number;
}

export interface StepResult {
  readonly sides: readonly StepSide[];
  /** Needed by the step's mathematics; see stepArithmetic. */
  readonly operations: number;
  /** Counted by our plan: what its dispatches say they compute. Absent without timestamp queries. */
  readonly plannedOperations: number | undefined;
  readonly ceilingGflops: number;
  readonly shareOfCeiling: number;
  /** Why a peer is missing. */
  readonly absent: readonly string[];
}

/** Losses further apart than this are not the same step. */
const LOSS_TOLERANCE = 1e-3;
/** Rounds that do not count, after the first step of each, which compiles. */
const WARMUP = 1;

export async function measureStep(
  environment: BenchEnvironment,
  variants: Variants,
  runs: number,
): Promise<StepResult> {
  const counter = countGpu();
  const problem = stepProblem(STEP_SIZES);
  const sides: Side[] = [];
  const absent: string[] = [];

  counter.setOwner('rankwise');
  const gpu = await openGpu(environment, variants);
  const model = await loadProblem(gpu, problem);
  const start = performance.now();
  const ours = await openOurStep(gpu, problem, model);
  sides.push(await opened('rankwise', ours, start));
  for (const { name, open } of environment.peers) {
    counter.setOwner(name);
    try {
      const start = performance.now();
      sides.push(await opened(name, await open(problem), start));
    } catch (error) {
      absent.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  counter.setOwner('ceiling');
  const rig = new Rig(gpu);
  const ceiling = await prepareCeiling(rig);
  const contenders: Contender[] = [
    ...sides.map((side) => ({ name: side.name, run: () => takeStep(side) })),
    ...ceiling.contenders.map(({ name, run }) => ({
      name,
      run: () => {
        counter.setOwner('ceiling');
        return run();
      },
    })),
  ];
  const elapsed = await contest(contenders, { runs, warmup: WARMUP });
  const { gflops } = await ceiling.result(elapsed);
  rig.free();
  const measured = sides.map((side) => describe(side, sides[0]!, elapsed.get(side.name)!));
  const operations = stepOperations(problem.sizes);
  counter.setOwner('rankwise');
  const profiled = gpu.has('timestamp-query') ? await ours.trainer.profile(1) : undefined;
  for (const { step } of sides) await step.close();
  gpu.destroy();
  return {
    sides: measured,
    operations,
    plannedOperations: profiled?.reduce((sum, kernel) => sum + kernel.operations, 0),
    ceilingGflops: gflops,
    shareOfCeiling: operations / (gflops * 1e6 * measured[0]!.elapsedMs.median),
    absent,
  };
}

interface Side {
  readonly name: string;
  readonly step: PeerStep;
  readonly firstStepMs: number;
  readonly losses: number[];
  counts: { before: GpuCounts; after: GpuCounts };
}

/** Takes the first step, which compiles. */
async function opened(name: string, step: PeerStep, start: number): Promise<Side> {
  const counts = countGpu().countsOf(name);
  const losses = [await step.step()];
  return { name, step, firstStepMs: performance.now() - start, losses, counts: { before: counts, after: counts } };
}

async function takeStep(side: Side): Promise<void> {
  const counter = countGpu();
  counter.setOwner(side.name);
  const before = counter.countsOf(side.name);
  side.losses.push(await side.step.step());
  side.counts = { before, after: counter.countsOf(side.name) };
}

function describe(side: Side, ours: Side, elapsedMs: Spread): StepSide {
  const { name, losses, firstStepMs, counts } = side;
  const lossDifference = Math.max(...losses.map((loss, i) => Math.abs(loss - ours.losses[i]!) / ours.losses[i]!));
  if (!(lossDifference < LOSS_TOLERANCE)) {
    throw new Error(`${name}: its losses differ from ours by ${lossDifference}: ${losses} and ${ours.losses}`);
  }
  return {
    name,
    elapsedMs,
    tokensPerSecond: (tokensOf(STEP_SIZES) * 1e3) / elapsedMs.median,
    dispatches: counts.after.dispatches - counts.before.dispatches,
    submits: counts.after.submits - counts.before.submits,
    peakBytes: counts.after.peakBytes,
    firstStepMs,
    lossDifference,
    lastLoss: losses.at(-1)!,
  };
}

export function stepTables({
  sides,
  operations,
  plannedOperations,
  ceilingGflops,
  shareOfCeiling,
  absent,
}: StepResult): Table[] {
  const ours = sides[0]!;
  return [
    {
      title: 'The step: 4 layers, d 256, context 128, batch 4, vocabulary 4096, r = 8 on q, k, v, o, AdamW',
      columns: ['', 'ms', 'tokens/s', 'ours over it', 'dispatches', 'submits', 'peak', 'first step ms', 'loss differs'],
      rows: [
        ...sides.map((side) => [
          side.name,
          spread(side.elapsedMs),
          number(side.tokensPerSecond),
          times(side.elapsedMs.median / ours.elapsedMs.median),
          `${side.dispatches}`,
          `${side.submits}`,
          mebibytes(side.peakBytes),
          number(side.firstStepMs),
          side.lossDifference.toExponential(0),
        ]),
        ...absent.map((reason) => [reason]),
      ],
    },
    {
      title: 'The step against the ceiling',
      columns: ['', ''],
      rows: [
        ['arithmetic the step needs', `${number(operations / 1e9)} GFLOP`],
        ['arithmetic its plan counts', plannedOperations ? `${number(plannedOperations / 1e9)} GFLOP` : 'not known'],
        ['ceiling in the same rounds', `${number(ceilingGflops)} GFLOP/s`],
        ['needed over ceiling × time', percent(shareOfCeiling)],
        ...(plannedOperations
          ? [['counted over ceiling × time', percent((shareOfCeiling * plannedOperations) / operations)]]
          : []),
      ],
    },
  ];
}
