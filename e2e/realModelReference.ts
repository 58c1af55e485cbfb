// What e2e/reference/smollm2_parity.py wrote, and how far from it a run may be: for the command line's and the studio's run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LOSS_TOLERANCE = 1e-3;

export interface Answer {
  prompt: string;
  promptIds: number[];
  ids: number[];
  text: string;
}

/** The part of expected.json that is read here. */
export interface Expected {
  logits: { ids: number[] };
  template: string;
  maxLength: number;
  base: Answer[];
  afterTenSteps: Answer[];
  settings: {
    learningRate: number;
    weightDecay: number;
    schedule: string;
    warmup: number;
    clip: number;
    steps: number;
    batch: number;
  };
  steps: { loss: number }[];
}

export function readExpected(reference: string): Expected {
  return JSON.parse(readFileSync(join(reference, 'expected.json'), 'utf8'));
}

let failures = 0;

/** A line on standard output. */
export function report(what: string, passed: boolean, figure: string): void {
  if (!passed) failures++;
  process.stdout.write(`${passed ? 'ok  ' : 'FAIL'} ${what}: ${figure}\n`);
}

/** A line for each step; a step that is missing, or one too many, fails. */
export function reportLosses(losses: readonly number[], { steps }: Expected): void {
  report('steps', losses.length === steps.length, `${losses.length} of ${steps.length}`);
  steps.forEach(({ loss: theirs }, i) => {
    const loss = losses[i] ?? Number.NaN;
    const relative = Math.abs(loss / theirs - 1);
    report(
      `loss of step ${i + 1}`,
      relative <= LOSS_TOLERANCE,
      `${loss.toFixed(6)}, off by ${relative.toExponential(1)}`,
    );
  });
}

/** 1 when anything that was reported failed. */
export function exitCode(): number {
  return failures > 0 ? 1 : 0;
}
