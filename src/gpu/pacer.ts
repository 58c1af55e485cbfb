// Cuts long work into submits short enough for the rest of the machine: a GPU shows nothing else while a submit runs, and a
// driver's watchdog ends one that runs for seconds. How much arithmetic a submit may hold is learned from how long the
// last ones took on this device, and only a few of them wait in the queue at a time, so that others get their turn.
import { type BoundPlan, encodeDispatch } from './boundPlan.ts';
import type { Gpu } from './device.ts';

/** Counted arithmetic of a submit before anything was measured. */
const FIRST_OPERATIONS = 20e9;
/** Full submits that may wait in the queue, the one that runs included. */
const QUEUED_SUBMITS = 2;
/** Share of the newest measurement in the rate. */
const NEWEST = 0.3;

/**
 * The longest submit where nobody says: a tenth of a second on a GPU that a desktop shares; a software adapter shares its
 * processor by itself.
 */
export function defaultSubmitMs(isSoftware: boolean): number {
  return isSoftware ? 1000 : 100;
}

export class Pacer {
  /** Counted operations per millisecond, once known. */
  #rate: number | undefined;
  #lastDoneAt = 0;
  readonly #queued: { readonly operations: number; readonly done: Promise<void> }[] = [];
  /** The first run of a plan also pays for what a driver prepares: it is not learned from. */
  readonly #known = new WeakSet<BoundPlan>();

  constructor(
    readonly gpu: Gpu,
    readonly longestSubmitMs: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** Counted arithmetic that one submit may hold. */
  get operationsPerSubmit(): number {
    return this.#rate === undefined ? FIRST_OPERATIONS : this.#rate * this.longestSubmitMs;
  }

  /**
   * Submits plans one after another, in as few submits as the time allows; `end` may add to the last one. Resolves with how
   * many there were once all are in the queue, not when they are done.
   */
  async submit(plans: readonly BoundPlan[], end?: (encoder: GPUCommandEncoder) => void): Promise<number> {
    const { queue } = this.gpu.device;
    const most = this.operationsPerSubmit;
    const dispatches = plans.flatMap((plan) => plan.dispatches);
    const isLearning = plans.every((plan) => this.#known.has(plan));
    for (const plan of plans) this.#known.add(plan);
    let submits = 0;
    let index = 0;
    while (index < dispatches.length) {
      await this.#room(most);
      const encoder = this.gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      let operations = 0;
      do {
        const dispatch = dispatches[index++]!;
        encodeDispatch(pass, dispatch);
        operations += dispatch.operations;
      } while (index < dispatches.length && operations + dispatches[index]!.operations <= most);
      pass.end();
      if (index === dispatches.length) end?.(encoder);
      queue.submit([encoder.finish()]);
      submits++;
      this.#watch(operations, isLearning);
    }
    return submits;
  }

  /** Waits until what is queued leaves room for a full submit. */
  async #room(most: number): Promise<void> {
    const waiting = () => this.#queued.reduce((sum, { operations }) => sum + operations, 0);
    while (this.#queued.length > 0 && waiting() > (QUEUED_SUBMITS - 1) * most) await this.#queued[0]?.done;
  }

  #watch(operations: number, isLearning: boolean): void {
    const submittedAt = this.now();
    const done = this.gpu.done().then(
      () => {
        const now = this.now();
        const elapsedMs = now - Math.max(submittedAt, this.#lastDoneAt);
        this.#lastDoneAt = now;
        this.#queued.shift();
        if (isLearning && operations > 0 && elapsedMs > 0) this.#learn(operations / elapsedMs);
      },
      // A lost device is told elsewhere; nobody waits for its queue.
      () => void this.#queued.shift(),
    );
    this.#queued.push({ operations, done });
  }

  #learn(rate: number): void {
    this.#rate = this.#rate === undefined ? rate : (1 - NEWEST) * this.#rate + NEWEST * rate;
  }
}
