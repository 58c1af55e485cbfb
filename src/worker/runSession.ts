// The run under way, or the heat of a race: submits steps (two in flight at most), tells the page of them, and at the
// marked steps evaluates, answers the fixed prompts and saves. Pausing keeps everything on the GPU. An adapter that
// diverges or is dropped leaves, and the others go on.
import type { StepReport } from '../training/stepReport.ts';
import { failureOf, WorkerError } from './failure.ts';
import type { KeptRun } from './keptRun.ts';
import { library, releaseLive } from './library.ts';
import { LiveSamples } from './liveSamples.ts';
import { post } from './post.ts';
import type { EvaluationResult, RunRecord, RunStatus, SampleResult, StepMetrics } from './protocol/runs.ts';
import { checkpointsOf } from './runFolder.ts';
import { isDue, nonFiniteMessage } from './runMarks.ts';
import { RunMember } from './runMember.ts';
import type { PlannedRun } from './runPlanning.ts';
import { type StateSaving, saveProgress } from './runSaving.ts';

const IN_FLIGHT = 2;

export class RunSession {
  readonly #members: readonly RunMember[];
  #status: 'ready' | 'running' | 'paused' | 'over' = 'ready';
  #wish: 'train' | 'pause' | 'stop' = 'train';
  /** Aborts when the run shall halt: an evaluation under way is given up. */
  #halting = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #isOpen = true;
  readonly #samples: LiveSamples;
  #startedAt = 0;
  #step: number;
  #elapsedMs: number;

  /**
   * `runs`: with their places in the plan's layouts, all at one step. `onWhole` is called when the last step is done, or no
   * adapter is left to train, and everything is closed.
   */
  constructor(
    readonly planned: PlannedRun,
    runs: readonly { readonly run: KeptRun; readonly place: number }[],
    readonly onWhole: () => void = () => {},
  ) {
    this.#members = runs.map(({ run, place }) => new RunMember(run, place));
    // Also while it is paused: another tab that went on with it would write over what this one has.
    for (const member of this.#members) member.lock();
    this.#step = runs[0]?.run.step ?? 0;
    this.#elapsedMs = runs[0]?.run.elapsedMs ?? 0;
    this.#samples = new LiveSamples(planned);
  }

  get records(): RunRecord[] {
    return this.#members.map(({ record }) => record);
  }

  has(runId: string): boolean {
    return this.#members.some(({ run }) => run.id === runId);
  }

  /** Throws WorkerError for a run of another session. */
  record(runId: string): RunRecord {
    return this.#memberOf(runId).record;
  }

  /** In a sentence. */
  get name(): string {
    const { run } = this.#members[0]!;
    return run.race?.name ?? run.name;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isTraining(): boolean {
    return this.#isOpen && (this.#status === 'running' || this.#status === 'ready');
  }

  /** The whole curve: what the Library has, and what it has not yet. */
  withUnstored(runId: string, stored: readonly StepMetrics[]): StepMetrics[] {
    return this.#memberOf(runId).feed.withUnstored(stored);
  }

  /** Starts, or goes on after a pause. */
  go(): void {
    if (!this.#isOpen || this.#status === 'running') return;
    this.#status = 'running';
    this.#wish = 'train';
    this.#halting = new AbortController();
    this.#loop = this.#train();
  }

  /** Resolves once nothing is in flight and the state is saved. What cannot be saved does not stop, but pauses. */
  async halt(wish: 'pause' | 'stop'): Promise<void> {
    this.#wish = wish;
    this.#halting.abort();
    await this.#loop;
    if (this.#wish !== 'stop' || !this.#isOpen || this.#status !== 'paused') return;
    if (this.#live.some(({ savedStep, run }) => savedStep !== run.step)) {
      if (!(await this.#save(this.#live, 'along'))) return;
      await this.#putLive({ message: null });
    }
    await this.#finish('stopped');
  }

  /** Takes one adapter out; where it is the last that trains, that stops the run. */
  async drop(runId: string): Promise<RunRecord> {
    const member = this.#memberOf(runId);
    if (member.isOver || member.isDropped || !this.#isOpen) return member.record;
    if (this.#live.filter(({ isDropped }) => !isDropped).length === 1) await this.halt('stop');
    else {
      member.isDropped = true;
      await this.planned.trainer.drop(member.place);
      if (this.#status === 'paused') await this.#retire();
    }
    return member.record;
  }

  /** Frees the GPU; a paused run goes on from its checkpoint. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    releaseLive();
    this.#unlock();
    await this.#samples.free();
    await this.planned.trainer.close();
  }

  /** The device is gone, and with it all since the last save. */
  async abandon(reason: string): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#loop;
    const wasPaused = this.#status === 'paused';
    for (const member of wasPaused ? [] : this.#live) {
      const { step, isResumable } = (await (await library()).get(member.run.id)) ?? member.run;
      const kept = isResumable
        ? `What was saved at step ${step} is kept; resume to go on from there.`
        : 'Nothing of this run was saved yet; start it again.';
      const end = isResumable ? { status: 'paused' as const } : { status: 'failed' as const, ...member.lastOfRace };
      await member.put({ step, ...end, message: `${reason}. ${kept}` });
    }
    releaseLive();
    this.#unlock();
  }

  #unlock(): void {
    for (const member of this.#members) member.unlock();
  }

  get #live(): RunMember[] {
    return this.#members.filter(({ isOver }) => !isOver);
  }

  #memberOf(runId: string): RunMember {
    const member = this.#members.find(({ run }) => run.id === runId);
    if (!member) throw new WorkerError('This run is not under way in this tab.');
    return member;
  }

  async #train(): Promise<void> {
    let isWhole = false;
    try {
      await this.#putLive({ status: 'running', message: null });
      if (this.#step === 0) await this.#evaluate(0, this.#halting.signal);
      await this.#steps();
      isWhole = await this.#end();
    } catch (error) {
      await this.#fail(error);
    }
    if (isWhole) this.onWhole();
  }

  /** Submits steps until the last, a wish to halt, or no adapter is left. */
  async #steps(): Promise<void> {
    const { trainer, training } = this.planned;
    const inFlight: Promise<StepReport>[] = [];
    const drain = async (most: number): Promise<boolean> => {
      while (inFlight.length > most && this.#live.length > 0) {
        this.#take(await inFlight.shift()!);
        await this.#retire();
      }
      return this.#live.length > 0;
    };
    this.#startedAt = performance.now() - this.#elapsedMs;
    let submitted = this.#step;
    while (submitted < trainer.steps && this.#wish === 'train') {
      if (!(await drain(IN_FLIGHT - 1))) break;
      submitted++;
      const result = trainer.step(submitted);
      result.catch(() => undefined);
      inFlight.push(result);
      const isMarked = isDue(training, submitted) && submitted < trainer.steps;
      if (isMarked && (await drain(0))) await this.#mark(submitted);
    }
    await drain(0);
    await Promise.allSettled(inFlight);
  }

  #take(report: StepReport): void {
    const elapsedMs = performance.now() - this.#startedAt;
    let isTrained = false;
    for (const member of this.#live) {
      if (member.take(report, report.adapters[member.place]!, elapsedMs)) isTrained = true;
      else if (!member.broken) member.isDropped = true;
    }
    if (!isTrained) return;
    this.#step = report.step;
    this.#elapsedMs = elapsedMs;
  }

  /**
   * Adapters that no step changes any more leave. The kernels left one that is broken as it was before the step that
   * failed: where only the gradient overflowed it is good and is saved; where the loss did, it is what gave that loss, and
   * what was saved before is kept. One that is dropped leaves once every step that it took is known.
   */
  async #retire(): Promise<void> {
    const { trainer, training } = this.planned;
    if (!this.#live.some(({ broken, isDropped }) => broken || isDropped)) return;
    const isAlone = this.#members.length === 1;
    const { stopped } = await trainer.readState(this.#step);
    for (const member of this.#live) {
      const { broken, place } = member;
      const last = stopped.find(({ adapter }) => adapter === place)?.step;
      if (broken) {
        if (broken.hasFiniteLoss) await this.#save([member], 'none');
        const savedStep = member.run.hasAdapter ? member.savedStep : undefined;
        const message = nonFiniteMessage({ ...broken, savedStep }, training, isAlone);
        await this.#leave(member, 'failed', message);
      } else if (member.isDropped && last !== undefined && member.run.step >= last) {
        await this.#save([member], 'none');
        await this.#leave(member, 'stopped', `Dropped after step ${member.run.step}; the others of the race went on.`);
      }
    }
  }

  async #leave(member: RunMember, status: 'failed' | 'stopped', message: string): Promise<void> {
    member.isOver = true;
    member.feed.flush();
    await member.feed.store().catch(() => undefined);
    await member.put({ status, message, isResumable: false });
  }

  async #mark(step: number): Promise<void> {
    const { evaluateEvery, saveEvery } = this.planned.training;
    if (saveEvery > 0 && step % saveEvery === 0) await this.#save(this.#live, 'along');
    if (evaluateEvery === 0 || step % evaluateEvery !== 0) return;
    await this.#evaluate(step, this.#halting.signal);
    await this.#putLive({});
  }

  /** True when there is nothing left to train. */
  async #end(): Promise<boolean> {
    await this.#retire();
    if (this.#live.length === 0) {
      await this.#closeOver();
      return true;
    }
    const isDone = this.#step === this.planned.trainer.steps;
    if (isDone && this.planned.training.evaluateEvery > 0) await this.#evaluate(this.#step);
    const isSaved = await this.#save(this.#live, isDone ? 'last' : 'along');
    // What it has learned is on the GPU alone: it stays open, to be saved once there is room.
    if (!isSaved && this.#wish !== 'pause') {
      this.#wish = 'pause';
      for (const member of this.#live) {
        member.change(({ message }) => ({
          message: `${message} The run stays open until then: resume it to save it.`,
        }));
      }
      return this.#wait();
    }
    if (isDone) await this.#finish('finished');
    else if (this.#wish === 'stop') await this.#finish('stopped');
    else await this.#wait();
    return isDone;
  }

  async #wait(): Promise<false> {
    this.#status = 'paused';
    await this.#putLive({ status: 'paused' });
    return false;
  }

  /** Held-out loss, and answers to the fixed prompts; neither where `signal` aborts before it is known. */
  async #evaluate(step: number, signal?: AbortSignal): Promise<void> {
    const { trainer, data, training } = this.planned;
    if (training.evaluateEvery === 0) return;
    const members = this.#live;
    for (const { feed } of members) feed.flush();
    if (data.dataset.validation) {
      const result = await trainer.evaluate({ signal }).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      });
      if (!result) return;
      const { rows, adapters } = result;
      for (const member of members) {
        const own = adapters[member.place];
        if (!own) continue;
        const evaluation: EvaluationResult = { step, rows, ...own };
        member.change(({ evaluations }) => ({
          evaluations: [...evaluations.filter((e) => e.step < step), evaluation],
        }));
        post({ kind: 'evaluated', runId: member.run.id, evaluation });
      }
    }
    for (const member of members) {
      if (signal?.aborted) return;
      const { run, place } = member;
      const prompts = run.origin?.samplePrompts ?? [];
      const texts = await this.#samples.answer(place);
      const samples = texts.map((text, i): SampleResult => ({ step, prompt: prompts[i]!, text }));
      member.change((known) => ({ samples: [...known.samples.filter((s) => s.step < step), ...samples] }));
      for (const sample of samples) post({ kind: 'sampled', runId: run.id, sample });
    }
  }

  /** A save that fails costs no training: the page is told, and the run goes on. False where the adapters were not kept. */
  async #save(members: readonly RunMember[], saving: StateSaving): Promise<boolean> {
    for (const { feed } of members) feed.flush();
    // Curves before the state: the page may close between them, and what goes on from a state has all steps before it.
    const curves = await Promise.allSettled(members.map(({ feed }) => feed.store()));
    // Only its last state lets a finished run go on.
    const over = saving === 'last' ? { isResumable: false } : {};
    try {
      const placed = members.map(({ run, place }) => ({ run, place }));
      const { sizeBytes: stateBytes, problem } = await saveProgress(placed, this.planned, saving);
      const kept = stateBytes === undefined ? {} : { isResumable: true, stateBytes };
      const lost =
        saving === 'last'
          ? 'The adapter is kept, the optimizer’s state is not: this run cannot be trained further'
          : `The adapter of step ${this.#step} is kept, the optimizer’s state is not`;
      for (const member of members) {
        member.savedStep = member.run.step;
        await member.put({
          hasAdapter: true,
          ...over,
          ...kept,
          ...(problem ? { message: `${lost}: ${problem}` } : {}),
        });
      }
      for (const curve of curves) if (curve.status === 'rejected') throw curve.reason;
      return true;
    } catch (error) {
      const message = `Step ${this.#step} was not saved: ${failureOf(error).message}`;
      for (const member of members) await member.put({ message });
      return false;
    }
  }

  /** The run is over: its state is kept where it was saved, to resume it or to train it further. */
  async #finish(status: Extract<RunStatus, 'finished' | 'stopped' | 'failed'>, message?: string): Promise<void> {
    for (const member of this.#live) {
      const { run, feed } = member;
      feed.flush();
      await feed.store().catch(() => undefined);
      const end = status === 'failed' ? member.lastOfRace : {};
      const kept = run.isResumable ? ' What was saved is kept; resume it in the Library to go on from there.' : '';
      await member.put({ status, ...end, ...(message === undefined ? {} : { message: message + kept }) });
    }
    await this.#closeOver();
  }

  async #closeOver(): Promise<void> {
    this.#status = 'over';
    const { run } = this.#members[0]!;
    if (!this.#members.some((member) => member.run.isResumable)) {
      // What cannot be opened, where storage is full, holds none.
      await checkpointsOf(run)
        .then((checkpoints) => checkpoints?.clear())
        .catch(() => undefined);
    }
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

  async #putLive(change: Partial<KeptRun>): Promise<void> {
    for (const member of this.#live) await member.put(change);
  }
}
