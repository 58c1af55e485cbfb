// One adapter of the run under way: its record in the Library, its curve, and how it left, if it did.
import type { AdapterReport, StepReport } from '../training/stepReport.ts';
import { failureOf } from './failure.ts';
import { type KeptRun, recordOf } from './keptRun.ts';
import { currentName, lockRun, tellRun, updateRun } from './library.ts';
import { MetricsFeed } from './metricsFeed.ts';
import type { RunRecord } from './protocol/runs.ts';
import type { NonFiniteStep } from './runMarks.ts';

export class RunMember {
  readonly feed: MetricsFeed;
  /** Of which step the kept adapter is; undefined when none is kept. */
  savedStep: number | undefined;
  /** Its loss or gradient was not finite. */
  broken: Omit<NonFiniteStep, 'savedStep'> | undefined;
  /** It was taken out of the race. */
  isDropped = false;
  /** Nothing trains it any more. */
  isOver = false;
  #run: KeptRun;
  #unlock = () => {};

  constructor(
    run: KeptRun,
    /** In the layouts. */
    readonly place: number,
  ) {
    this.#run = run;
    this.savedStep = run.hasAdapter ? run.step : undefined;
    this.feed = new MetricsFeed(run.id);
  }

  get run(): KeptRun {
    return { ...this.#run, name: currentName(this.#run) };
  }

  get record(): RunRecord {
    return recordOf(this.run);
  }

  /** Of its race no heat comes after this. */
  get lastOfRace(): Pick<KeptRun, 'race'> {
    const { race } = this.#run;
    return race ? { race: { ...race, heatsAfter: 0 } } : {};
  }

  lock(): void {
    this.#unlock = lockRun(this.#run.id);
  }

  unlock(): void {
    this.#unlock();
  }

  /** Takes a step's result in; false when the adapter was not trained by it, and never will be again. */
  take({ step, tokens, targetTokens }: StepReport, result: AdapterReport, elapsedMs: number): boolean {
    const { loss, learningRate, gradientNorm } = result;
    if (result.isStopped) return false;
    if (!result.isFinite) {
      this.broken = { step, learningRate, hasFiniteLoss: Number.isFinite(loss) };
      return false;
    }
    this.#run = { ...this.#run, step, elapsedMs, lastLoss: loss };
    this.feed.push({ step, loss, learningRate, gradientNorm, tokens, targetTokens, elapsedMs });
    return true;
  }

  /** Changes the record where nobody need know at once. */
  change(change: (run: KeptRun) => Partial<KeptRun>): void {
    this.#run = { ...this.#run, ...change(this.#run) };
  }

  /** A record that cannot be stored is still told. */
  async put(change: Partial<KeptRun>): Promise<void> {
    this.#run = { ...this.#run, ...change, name: currentName(this.#run) };
    try {
      await updateRun(this.#run);
    } catch (error) {
      this.#run = { ...this.#run, message: this.#run.message ?? `Not in the Library: ${failureOf(error).message}` };
      tellRun(this.#run);
    }
  }
}
