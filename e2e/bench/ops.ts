// Every op at shapes of the step and of SmolLM2-135M, as a share of the ceiling that binds it: the time its arithmetic
// would take at the fastest product's rate, or its bytes (each operand once) at that of the fastest copy of as many, whichever is longer, over the
// time it took. Outputs are compared with plain loops after the timing.
import { type CeilingResult, copyRate, prepareCeiling } from './ceiling.ts';
import { contest } from './contest.ts';
import { opCases } from './opCases.ts';
import type { Rig } from './rig.ts';
import { mapSpread, type Spread } from './statistics.ts';
import { mebibytes, number, percent, spread, type Table } from './table.ts';

export interface OpResult {
  readonly name: string;
  readonly elapsedMs: Spread;
  readonly operations: number;
  readonly bytes: number;
  readonly boundBy: 'arithmetic' | 'bytes';
  readonly share: number;
  /** Largest difference from the reference over its largest value. */
  readonly error: number;
}

export interface OpsResult {
  readonly ceilingGflops: number;
  /** GB/s of the fastest copies, by bytes moved. */
  readonly copies: CeilingResult['copies'];
  readonly ops: readonly OpResult[];
}

/** f32 sums of a few thousand terms, and exp and tanh as WGSL permits them. */
const TOLERANCE = 1e-3;

export async function measureOps(rig: Rig, runs: number, isQuick: boolean): Promise<OpsResult> {
  const ceiling = await prepareCeiling(rig);
  const cases = opCases(rig, isQuick);
  const prepared = [];
  for (const one of cases) prepared.push({ one, plan: await rig.prepare(one.name, one.record) });
  const elapsed = await contest([...ceiling.contenders, ...prepared.map(({ plan }) => plan)], { runs });
  const { gflops, copies } = await ceiling.result(elapsed);
  const ops: OpResult[] = [];
  for (const { one, plan } of prepared) {
    const { name, operations, bytes } = one;
    const error = await one.check();
    if (!(error < TOLERANCE)) throw new Error(`${name}: differs from its reference by ${error}`);
    const elapsedMs = mapSpread(elapsed.get(name)!, (ms) => ms / plan.repeats);
    const [arithmeticMs, bytesMs] = [operations / gflops / 1e6, bytes / copyRate({ copies }, bytes) / 1e6];
    const boundBy = arithmeticMs > bytesMs ? 'arithmetic' : 'bytes';
    const share = Math.max(arithmeticMs, bytesMs) / elapsedMs.median;
    ops.push({ name, elapsedMs, operations, bytes, boundBy, share, error });
  }
  return { ceilingGflops: gflops, copies, ops };
}

export function opsTable({ ceilingGflops, copies, ops }: OpsResult): Table {
  const sizes = Object.keys(copies).map((bytes) => mebibytes(Number(bytes)));
  const rates = Object.values(copies).map(({ median }) => number(median));
  return {
    title: `Ops against ${number(ceilingGflops)} GFLOP/s, and ${rates.join(', ')} GB/s for ${sizes.join(', ')}`,
    columns: ['op', 'ms', 'GFLOP', 'MB', 'bound by', 'share', 'error'],
    rows: ops.map(({ name, elapsedMs, operations, bytes, boundBy, share, error }) => [
      name,
      spread(elapsedMs),
      number(operations / 1e9),
      number(bytes / 1e6),
      boundBy,
      percent(share),
      error.toExponential(0),
    ]),
  };
}
