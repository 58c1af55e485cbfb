// What an optimizer step tells.

/** What one optimizer step gave, for each adapter. */
export interface StepReport {
  readonly step: number;
  readonly tokens: number;
  readonly targetTokens: number;
  readonly adapters: readonly AdapterReport[];
}

export interface AdapterReport {
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** False when this step's loss or gradient was not finite: the adapter is as it was before the step, and stays so. */
  readonly isFinite: boolean;
  /** Not trained by this step, which says nothing of it: it was dropped, or an earlier step was not finite. */
  readonly isStopped: boolean;
}

/** A step of one adapter as it is shown and kept. Field names are those of the command line's metrics file. */
export interface StepMetrics {
  /** From 1. */
  step: number;
  loss: number;
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  tokens: number;
  targetTokens: number;
  /** Since the first step of this run began (pauses left out), when this step's result was known. */
  elapsedMs: number;
}
