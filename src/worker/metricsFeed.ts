// A run's curve on its way: to the page some twenty times a second, to the Library at every save.
import { library } from './library.ts';
import { post } from './post.ts';
import type { StepMetrics } from './protocol/runs.ts';

const INTERVAL_MS = 50;

export class MetricsFeed {
  #untold: StepMetrics[] = [];
  #unstored: StepMetrics[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastAt = 0;

  constructor(readonly runId: string) {}

  push(metrics: StepMetrics): void {
    this.#untold.push(metrics);
    this.#unstored.push(metrics);
    const waitMs = this.#lastAt + INTERVAL_MS - performance.now();
    if (waitMs <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMs);
  }

  /** Tells the page what it has not heard yet. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#untold.length === 0) return;
    this.#lastAt = performance.now();
    post({ kind: 'steps', runId: this.runId, steps: this.#untold });
    this.#untold = [];
  }

  withUnstored(stored: readonly StepMetrics[]): StepMetrics[] {
    const from = this.#unstored[0]?.step ?? Number.POSITIVE_INFINITY;
    return [...stored.filter(({ step }) => step < from), ...this.#unstored];
  }

  async store(): Promise<void> {
    const rows = this.#unstored;
    await (await library()).appendMetrics(this.runId, rows);
    this.#unstored = this.#unstored.slice(rows.length);
  }
}
