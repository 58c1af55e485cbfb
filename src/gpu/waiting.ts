// Waiting for the GPU. Some browsers look only ten times a second whether its work is done (Firefox does), unless something
// is submitted meanwhile: there, empty submits ask. Otherwise every token of an answer would take a tenth of a second.

/** Idle devices that answer no sooner have to be asked. */
const SLOW_MS = 40;
const TRIES = 3;
/** Timers of a worker come every four milliseconds at best. */
const ASK_MS = 1;

export class Waiting {
  #mustAsk = false;
  #waits = 0;

  constructor(readonly queue: Pick<GPUQueue, 'submit' | 'onSubmittedWorkDone'>) {}

  /** Finds out whether this device has to be asked; it should be idle. */
  async learn(): Promise<void> {
    let shortestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < TRIES && shortestMs > SLOW_MS; i++) {
      const start = performance.now();
      await this.queue.onSubmittedWorkDone();
      shortestMs = performance.now() - start;
    }
    this.#mustAsk = shortestMs > SLOW_MS;
  }

  /** `work`: a promise of this device for what is submitted already. */
  async until<T>(work: Promise<T>): Promise<T> {
    if (!this.#mustAsk) return work;
    if (this.#waits++ === 0) this.#ask();
    try {
      return await work;
    } finally {
      this.#waits--;
    }
  }

  #ask(): void {
    if (this.#waits === 0) return;
    this.queue.submit([]);
    setTimeout(() => this.#ask(), ASK_MS);
  }
}
