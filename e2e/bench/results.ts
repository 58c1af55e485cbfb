// What a run of the benchmark gives, and what a file under results/ holds.
import type { CeilingResult } from './ceiling.ts';
import type { GrowthResult } from './growth.ts';
import type { LoraLinearResult } from './loraLinear.ts';
import type { OpsResult } from './ops.ts';
import type { RaceResult } from './race.ts';
import type { Spread } from './statistics.ts';
import type { StepResult } from './stepContest.ts';

export const SECTIONS = ['ceiling', 'ops', 'linear', 'step', 'race', 'cold', 'growth'] as const;
export type Section = (typeof SECTIONS)[number];

export interface BenchOptions {
  readonly sections: readonly Section[];
  readonly runs: number;
  /** Fewer shapes; for trying the harness out. */
  readonly isQuick: boolean;
}

/** What a file under results holds. A section that was not run again keeps what it had. */
export interface BenchResults {
  readonly adapter: string;
  readonly where: 'node' | 'browser';
  readonly features: readonly string[];
  /** What the last run found, and how long it took. */
  readonly tuning: { readonly elapsedMs: number; readonly variants: Readonly<Record<string, string>> };
  readonly sections: Partial<SectionResults>;
  /** When, with what and on which commit each section was measured. */
  readonly measured: Partial<Record<Section, Measured>>;
  readonly bars: readonly Bar[];
}

/** A speed that a run must reach. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  readonly bar: number;
  /** The value must be at least the bar, or at most. */
  readonly is: 'least' | 'most';
  readonly isMet: boolean;
}

export interface Measured {
  readonly date: string;
  readonly commit: string;
  readonly runtime: string;
  readonly peers: Readonly<Record<string, string>>;
  readonly runs: number;
  /** What else the machine did: processes that wanted to run, for each processor, when the section ended. */
  readonly load?: number | undefined;
}

export interface SectionResults {
  ceiling: CeilingResult;
  ops: OpsResult;
  linear: LoraLinearResult;
  step: StepResult;
  race: RaceResult;
  /** From a loaded model to the first step's loss, in a process that has compiled nothing, ms. */
  cold: Spread;
  growth: GrowthResult;
}
