// The current run's curves, in typed arrays outside React: the worker's events append here, charts and read-outs look
// once per frame. `version` changes whenever anything did.
import type { StepMetrics } from '../../worker/protocol/runs.ts';
import { Smoother, smoothingSpan } from '../charts/smoothing.ts';

const COLUMNS = ['step', 'loss', 'smoothed', 'learningRate', 'gradientNorm', 'tokensPerSecond', 'elapsedMs'] as const;
export type MetricColumn = (typeof COLUMNS)[number];

/** Tokens per second are taken over this many steps, so that one slow step does not shake the number. */
const RATE_STEPS = 8;

export class MetricSeries {
  /** Rows filled so far. */
  length = 0;
  version = 0;
  private columns = makeColumns(256);
  private tokensSoFar = new Float64Array(256);
  private smoother: Smoother;

  /** `steps` is how many the run will take: it sets how much the loss is smoothed. */
  constructor(steps: number) {
    this.smoother = new Smoother(smoothingSpan(steps));
  }

  append(rows: readonly StepMetrics[]): void {
    for (const row of rows) this.appendRow(row);
    if (rows.length > 0) this.version += 1;
  }

  /** The filled part of a column; a view, valid until the next append. */
  column(name: MetricColumn): Float64Array {
    return this.columns[name].subarray(0, this.length);
  }

  /** A column's newest value; null before the first step. */
  last(name: MetricColumn): number | null {
    return this.length === 0 ? null : (this.columns[name][this.length - 1] ?? null);
  }

  private appendRow(row: StepMetrics): void {
    const last = this.last('step');
    if (last !== null && row.step <= last) return;
    if (this.length === this.tokensSoFar.length) this.grow();
    const index = this.length;
    const { columns, tokensSoFar } = this;
    columns.step[index] = row.step;
    columns.loss[index] = row.loss;
    columns.smoothed[index] = this.smoother.push(row.loss);
    columns.learningRate[index] = row.learningRate;
    columns.gradientNorm[index] = row.gradientNorm;
    columns.elapsedMs[index] = row.elapsedMs;
    tokensSoFar[index] = (tokensSoFar[index - 1] ?? 0) + row.tokens;
    const from = Math.max(index - RATE_STEPS, -1);
    const elapsedMs = row.elapsedMs - (columns.elapsedMs[from] ?? 0);
    const tokens = tokensSoFar[index]! - (tokensSoFar[from] ?? 0);
    columns.tokensPerSecond[index] = elapsedMs > 0 ? (tokens / elapsedMs) * 1000 : Number.NaN;
    this.length += 1;
  }

  private grow(): void {
    const capacity = this.tokensSoFar.length * 2;
    const grown = makeColumns(capacity);
    for (const name of COLUMNS) grown[name].set(this.columns[name]);
    this.columns = grown;
    const tokens = new Float64Array(capacity);
    tokens.set(this.tokensSoFar);
    this.tokensSoFar = tokens;
  }
}

function makeColumns(capacity: number): Record<MetricColumn, Float64Array> {
  return {
    step: new Float64Array(capacity),
    loss: new Float64Array(capacity),
    smoothed: new Float64Array(capacity),
    learningRate: new Float64Array(capacity),
    gradientNorm: new Float64Array(capacity),
    tokensPerSecond: new Float64Array(capacity),
    elapsedMs: new Float64Array(capacity),
  };
}
