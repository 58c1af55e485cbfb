// What an adapter costs on top of the frozen linear it sits on: X[512,576], W0[576,576]; forward and backward with LoRA
// against forward and dX of the frozen linear alone, on the same kernels.
import type { Pass } from '../../src/gpu/plan.ts';
import { linearBackward, linearForward } from '../../src/ops/linear.ts';
import { loraGradients, loraProject, loraProjectBackward } from '../../src/ops/lora.ts';
import { buildSegments, SEGMENT_WORDS } from '../../src/ops/loraSegments.ts';
import { packStep } from '../../src/ops/stepRecord.ts';
import * as reference from '../../src/reference/linear.ts';
import { contest } from './contest.ts';
import { ROWS } from './opCase.ts';
import type { Rig } from './rig.ts';
import { mapSpread, relativeError, type Spread } from './statistics.ts';
import { spread, type Table, times } from './table.ts';

const INNER = 576;
const COLS = 576;
const RANKS = [8, 64];
export const SCALING = 2;

/** Milliseconds of one call. */
export interface LoraLinearResult {
  readonly frozen: { readonly forward: Spread; readonly backward: Spread };
  readonly ranks: Readonly<
    Record<string, { readonly forward: Spread; readonly backward: Spread; readonly error: number }>
  >;
}

/** One adapter of `rank` on a linear of ROWS rows, on the GPU. */
export function adapterOn(rig: Rig, rank: number, inner: number, cols: number) {
  const parameters = rig.values(rank * (inner + cols));
  const adapted = { rank, aStart: 0, bStart: rank * inner, scaling: SCALING, stream: 0, dropout: 0 };
  const columns = [{ colStart: 0, colCount: cols, adapted }];
  const table = buildSegments([{ rowStart: 0, rowCount: ROWS, columns }]);
  const lora = {
    table,
    segments: rig.input(table.words, [table.segments, SEGMENT_WORDS]),
    parameters: rig.input(parameters, [parameters.length]),
    u: rig.output([table.projectedElements]),
  };
  const v = rig.output([table.projectedElements]);
  return { parameters, lora, v, gradients: rig.output([parameters.length]) };
}

export async function measureLoraLinear(rig: Rig, runs: number): Promise<LoraLinearResult> {
  const [xValues, w, dyValues] = [rig.values(ROWS * INNER), rig.values(COLS * INNER), rig.values(ROWS * COLS)];
  const x = rig.input(xValues, [ROWS, INNER]);
  const weight = rig.weight(w, COLS, INNER, 'f32');
  const dy = rig.input(dyValues, [ROWS, COLS]);
  const step = rig.input(packStep({ microBatch: 0, dropoutSeed: 1, lossRows: ROWS, adapters: [] }), [4]);
  const y = rig.output([ROWS, COLS]);
  const dx = rig.output([ROWS, INNER]);
  const frozen = {
    forward: await rig.prepare('frozen forward', (pass) => linearForward(pass, { x, weight, y })),
    backward: await rig.prepare('frozen backward', (pass) => linearBackward(pass, { dy, weight, dx })),
  };
  const adapted = [];
  for (const rank of RANKS) {
    const { parameters, lora, v, gradients } = adapterOn(rig, rank, INNER, COLS);
    const out = { y: rig.output([ROWS, COLS]), dx: rig.output([ROWS, INNER]) };
    const forward = (pass: Pass) => {
      loraProject(pass, lora, { x, step });
      linearForward(pass, { x, weight, lora, y: out.y });
    };
    const backward = (pass: Pass) => {
      loraProjectBackward(pass, lora, { dy, v });
      loraGradients(pass, lora, { x, dy, v, step, gradients });
      linearBackward(pass, { dy, weight, lora: { ...lora, v, step }, dx: out.dx });
    };
    const check = async () => {
      const [a, b] = [parameters.subarray(0, rank * INNER), parameters.subarray(rank * INNER)];
      const sizes = { rows: ROWS, inner: INNER, cols: COLS, rank, scaling: SCALING };
      const expected = reference.linearBackward({ ...sizes, x: xValues, weight: w, a, b }, dyValues);
      const found = await rig.read(gradients);
      return Math.max(
        relativeError(await rig.read(out.y), reference.linearForward({ ...sizes, x: xValues, weight: w, a, b }).y),
        relativeError(await rig.read(out.dx), expected.dx),
        relativeError(found.subarray(0, a.length), expected.da),
        relativeError(found.subarray(a.length), expected.db),
      );
    };
    adapted.push({
      rank,
      forward: await rig.prepare(`LoRA r=${rank} forward`, forward),
      backward: await rig.prepare(`LoRA r=${rank} backward`, backward),
      check,
    });
  }
  const all = [frozen.forward, frozen.backward, ...adapted.flatMap(({ forward, backward }) => [forward, backward])];
  const elapsed = await contest(all, { runs });
  const perCall = ({ name, repeats }: { name: string; repeats: number }) =>
    mapSpread(elapsed.get(name)!, (ms) => ms / repeats);
  const ranks: Record<string, { forward: Spread; backward: Spread; error: number }> = {};
  for (const { rank, forward, backward, check } of adapted) {
    const error = await check();
    if (!(error < TOLERANCE)) throw new Error(`LoRA linear r=${rank}: differs from its reference by ${error}`);
    ranks[rank] = { forward: perCall(forward), backward: perCall(backward), error };
  }
  return { frozen: { forward: perCall(frozen.forward), backward: perCall(frozen.backward) }, ranks };
}

/** Sums of up to 576 terms in f32, and A's and B's gradients over 512 rows. */
const TOLERANCE = 1e-4;

/** Medians of forward and backward together, over those of the frozen linear. */
export function loraOverFrozen({ frozen, ranks }: LoraLinearResult, rank: number): number {
  const found = ranks[rank]!;
  return (found.forward.median + found.backward.median) / (frozen.forward.median + frozen.backward.median);
}

export function loraLinearTable(result: LoraLinearResult): Table {
  const { frozen, ranks } = result;
  return {
    title: `LoRA linear, X[${ROWS},${INNER}] W0[${COLS},${INNER}], ms`,
    columns: ['', 'forward', 'backward', 'over frozen', 'error'],
    rows: [
      ['frozen (forward, dX)', spread(frozen.forward), spread(frozen.backward), times(1), ''],
      ...Object.entries(ranks).map(([rank, { forward, backward, error }]) => [
        `LoRA r=${rank}`,
        spread(forward),
        spread(backward),
        times(loraOverFrozen(result, Number(rank))),
        error.toExponential(0),
      ]),
    ],
  };
}
