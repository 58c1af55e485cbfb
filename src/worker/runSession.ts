// One run under way: submits steps (two in flight at most), tells the page of them, and at the marked steps evaluates,
// answers the fixed prompts and saves. Pausing keeps everything on the GPU.

import type { StepReport } from '../training/trainer.ts';
import { failureOf } from './failure.ts';
import { type KeptRun, recordOf } from './keptRun.ts';
import { currentName, library, lockRun, releaseLive, tellRun, updateRun } from './library.ts';
import { LiveSamples } from './liveSamples.ts';
import { MetricsFeed } from './metricsFeed.ts';
import { post } from './post.ts';
import type { EvaluationResult, RunRecord, RunStatus, SampleResult, StepMetrics } from './protocol.ts';
import { checkpointsOf } from './runFolder.ts';
import { isDue, nonFiniteMessage } from './runMarks.ts';
import type { PlannedRun } from './runPlanning.ts';
import { saveProgress } from './runSaving.ts';

const IN_FLIGHT = 2;

export class RunSession {
  #run: KeptRun;
  #wish: 'train' | 'pause' | 'stop' = 'train';
  /** Aborts when the run shall halt: an evaluation under way is given up. */
  #halting = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #isOpen = true;
  readonly #feed: MetricsFeed;
  readonly #samples: LiveSamples;
  #unlock = () => {};
  #startedAt = 0;
  #savedStep: number | undefined;
  #broken: { step: number; learningRate: number; hasFiniteLoss: boolean } | undefined;

  constructor(
    readonly planned: PlannedRun,
    run: KeptRun,
  ) {
    this.#run = run;
    this.#samples = new LiveSamples(planned);
    this.#savedStep = run.hasAdapter ? run.step : undefined;
    this.#feed = new MetricsFeed(run.id);
  }

  get run(): KeptRun {
    return { ...this.#run, name: currentName(this.#run) };
  }

  get record(): RunRecord {
    return recordOf(this.run);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isTraining(): boolean {
    return this.#isOpen && (this.#run.status === 'running' || this.#run.status === 'preparing');
  }

  /** The whole curve: what the Library has, and what it has not yet. */
  withUnstored(stored: readonly StepMetrics[]): StepMetrics[] {
    return this.#feed.withUnstored(stored);
  }

  /** Starts, or goes on after a pause. */
  go(): void {
    if (!this.#isOpen || this.#run.status === 'running') return;
    this.#wish = 'train';
    this.#halting = new AbortController();
    this.#loop = this.#train();
  }

  /** Resolves once nothing is in flight and the state is saved. */
  async halt(wish: 'pause' | 'stop'): Promise<RunRecord> {
    this.#wish = wish;
    this.#halting.abort();
    await this.#loop;
    if (wish === 'stop' && this.#isOpen && this.#run.status === 'paused') {
      await this.#finish('stopped', this.#run.message);
    }
    return this.record;
  }

  /** Frees the GPU; a paused run goes on from its checkpoint. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    releaseLive();
    await this.#samples.free();
    await this.planned.trainer.close();
  }

  /** The device is gone, and with it all since the last save. */
  async abandon(reason: string): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#loop;
    if (this.#run.status === 'paused') return releaseLive();
    const { step, isResumable } = (await (await library()).get(this.#run.id)) ?? this.#run;
    const kept = isResumable
      ? `What was saved at step ${step} is kept; resume to go on from there.`
      : 'Nothing of this run was saved yet; start it again.';
    await this.#put({ step, status: isResumable ? 'paused' : 'failed', message: `${reason}. ${kept}` });
    releaseLive();
  }

  async #train(): Promise<void> {
    this.#unlock = lockRun(this.#run.id);
    try {
      await this.#put({ status: 'running', message: null });
      if (this.#run.step === 0) await this.#evaluate(0, this.#halting.signal);
      const isWhole = await this.#steps();
      if (isWhole) await this.#end();
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#unlock();
    }
  }

  /** Submits steps until the last, a wish to halt, or a loss that is not finite. False when the run is over already. */
  async #steps(): Promise<boolean> {
    const { trainer, settings } = this.planned;
    const inFlight: Promise<StepReport>[] = [];
    const drain = async (most: number): Promise<boolean> => {
      while (inFlight.length > most) if (!this.#take(await inFlight.shift()!)) return false;
      return true;
    };
    this.#startedAt = performance.now() - this.#run.elapsedMs;
    let submitted = this.#run.step;
    while (submitted < trainer.steps && this.#wish === 'train') {
      if (!(await drain(IN_FLIGHT - 1))) return this.#stopAtNonFinite(inFlight);
      submitted++;
      const result = trainer.step(submitted);
      result.catch(() => undefined);
      inFlight.push(result);
      const isMarked = isDue(settings.training, submitted) && submitted < trainer.steps;
      if (!isMarked) continue;
      if (!(await drain(0))) return this.#stopAtNonFinite(inFlight);
      await this.#mark(submitted);
    }
    if (!(await drain(0))) return this.#stopAtNonFinite(inFlight);
    return true;
  }

  /** Takes a step's result in; false when it is not finite. */
  #take({ step, tokens, targetTokens, adapters }: StepReport): boolean {
    const result = adapters[0]!;
    const { loss, gradientNorm, learningRate } = result;
    if (!result.isFinite) {
      this.#broken = { step, learningRate, hasFiniteLoss: Number.isFinite(loss) };
      return false;
    }
    const elapsedMs = performance.now() - this.#startedAt;
    this.#run = { ...this.#run, step, elapsedMs, lastLoss: loss };
    this.#feed.push({ step, loss, learningRate, gradientNorm, tokens, targetTokens, elapsedMs });
    return true;
  }

  /**
   * The kernels left the adapter as it was before the step that failed. Where only the gradient overflowed it is good and
   * is saved; where the loss did, it is what gave that loss, and what was saved before is kept.
   */
  async #stopAtNonFinite(inFlight: Promise<StepReport>[]): Promise<false> {
    await Promise.allSettled(inFlight);
    if (!this.#broken) return false;
    const { step, learningRate, hasFiniteLoss } = this.#broken;
    if (hasFiniteLoss) await this.#save({ withCheckpoint: false });
    const savedStep = this.#run.hasAdapter ? this.#savedStep : undefined;
    const { training } = this.planned.settings;
    await this.#finish('failed', nonFiniteMessage({ step, learningRate, savedStep, hasFiniteLoss }, training));
    return false;
  }

  async #mark(step: number): Promise<void> {
    const { evaluateEvery, saveEvery } = this.planned.settings.training;
    if (saveEvery > 0 && step % saveEvery === 0) await this.#save({ withCheckpoint: true });
    if (evaluateEvery === 0 || step % evaluateEvery !== 0) return;
    await this.#evaluate(step, this.#halting.signal);
    await this.#put({});
  }

  async #end(): Promise<void> {
    const { trainer, settings } = this.planned;
    const isDone = this.#run.step === trainer.steps;
    if (isDone && settings.training.evaluateEvery > 0) await this.#evaluate(this.#run.step);
    await this.#save({ withCheckpoint: !isDone });
    const { message } = this.#run;
    if (isDone) await this.#finish('finished', message);
    else if (this.#wish === 'stop') await this.#finish('stopped', message);
    else await this.#put({ status: 'paused' });
  }

  /** Held-out loss, and answers to the fixed prompts; neither where `signal` aborts before it is known. */
  async #evaluate(step: number, signal?: AbortSignal): Promise<void> {
    const { trainer, data, settings } = this.planned;
    if (settings.training.evaluateEvery === 0) return;
    this.#feed.flush();
    const runId = this.#run.id;
    if (data.dataset.validation) {
      const result = await trainer.evaluate({ signal }).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      });
      if (!result) return;
      const { rows, adapters } = result;
      const evaluation: EvaluationResult = { step, rows, ...adapters[0]! };
      this.#run = { ...this.#run, evaluations: [...this.#run.evaluations.filter((e) => e.step < step), evaluation] };
      post({ kind: 'evaluated', runId, evaluation });
    }
    if (signal?.aborted) return;
    const prompts = this.#run.origin?.samplePrompts ?? [];
    const texts = await this.#samples.answer();
    const samples = texts.map((text, i): SampleResult => ({ step, prompt: prompts[i]!, text }));
    this.#run = { ...this.#run, samples: [...this.#run.samples.filter((s) => s.step < step), ...samples] };
    for (const sample of samples) post({ kind: 'sampled', runId, sample });
  }

  /** A save that fails costs no training: the page is told, and the run goes on. */
  async #save({ withCheckpoint }: { withCheckpoint: boolean }): Promise<void> {
    this.#feed.flush();
    const { step, isResumable } = this.#run;
    try {
      const hasCheckpoint = await saveProgress(this.run, this.planned, withCheckpoint);
      this.#savedStep = step;
      await this.#feed.store();
      await this.#put({ hasAdapter: true, isResumable: isResumable || hasCheckpoint });
    } catch (error) {
      await this.#put({ message: `Step ${step} was not saved: ${failureOf(error).message}` });
    }
  }

  /** The run is over: its checkpoints are kept only where it may go on. */
  async #finish(status: Extract<RunStatus, 'finished' | 'stopped' | 'failed'>, message: string | null): Promise<void> {
    this.#feed.flush();
    const isResumable = status === 'stopped' && this.#run.isResumable;
    await this.#feed.store().catch(() => undefined);
    if (!isResumable) await checkpointsOf(this.#run.id).then((checkpoints) => checkpoints?.clear());
    await this.#put({ status, message, isResumable });
    await this.close();
  }

  async #fail(error: unknown): Promise<void> {
    const lost = this.planned.model.gpu.lost;
    const isLost = await Promise.race([
      lost.then(() => true),
      new Promise<false>((r) => setTimeout(() => r(false), 300)),
    ]);
    if (isLost) return;
    await this.#finish('failed', failureOf(error).message).catch(() => undefined);
  }

  /** A record that cannot be stored is still told. */
  async #put(change: Partial<KeptRun>): Promise<void> {
    this.#run = { ...this.#run, ...change, name: currentName(this.#run) };
    try {
      await updateRun(this.#run);
    } catch (error) {
      this.#run = { ...this.#run, message: this.#run.message ?? `Not in the Library: ${failureOf(error).message}` };
      tellRun(this.#run);
    }
  }
}
