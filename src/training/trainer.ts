// Trains adapters on a frozen model. Everything about a step follows from the settings and the step's number, so a run
// that is stopped and resumed, or made twice, ends with the same bits. After the first step of each batch shape nothing
// is created on the GPU, until an adapter stops; at most two steps are in flight; no step waits for a read-back.
import type { Batch } from '../data/batches.ts';
import type { DataOrder } from '../data/dataOrder.ts';
import { hash32 } from '../data/random.ts';
import { BoundPlan, type KernelTime } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { defaultSubmitMs, Pacer } from '../gpu/pacer.ts';
import { elementCount, type Tensor } from '../gpu/tensor.ts';
import { rotaryTable } from '../model/rotaryTable.ts';
import { IS_STOPPED_WORD, packStep, RESULT_WORDS, unpackResults } from '../ops/stepRecord.ts';
import { adapterStep, NO_UPDATE } from './adapterStep.ts';
import { batchesOf, batchOf, type Course, evaluationBatches, keyOf, type PlanOptions, planCourse } from './course.ts';
import {
  declareFlat,
  everyone,
  type FlatTensors,
  type LineUp,
  measure,
  planLineUp,
  plansOf,
  RING_SLOTS,
  residents,
  type TrainingMemory,
} from './lineUp.ts';
import { ResultRing } from './resultRing.ts';
import { learningRateAt } from './schedule.ts';
import type { AdapterReport, StepReport } from './stepReport.ts';
import type { StoppedAdapter, TrainerState } from './trainerState.ts';
import { TrainingError } from './trainingError.ts';

export interface TrainerOptions extends PlanOptions {
  readonly gpu: Gpu;
  /** The learning rate that each adapter's schedule comes from; default: that of the settings for all. */
  readonly learningRates?: readonly number[] | undefined;
  /** No submit shall take longer, so that the machine stays usable; default: `defaultSubmitMs`. */
  readonly longestSubmitMs?: number | undefined;
}

interface EvaluateOptions {
  readonly onProgress?: (doneRows: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

interface AdapterEvaluation {
  readonly loss: number;
  readonly perplexity: number;
  readonly tokenAccuracy: number;
}

export interface Evaluation {
  readonly rows: number;
  readonly targetTokens: number;
  /** Null for those that no longer train. */
  readonly adapters: readonly (AdapterEvaluation | null)[];
}

/** What the line-up has on the GPU beside its tensors. */
interface Bound {
  readonly update: BoundPlan;
  readonly ring: ResultRing;
}

type StepFacts = Omit<StepReport, 'adapters'>;

const byAdapter = (a: StoppedAdapter, b: StoppedAdapter) => a.adapter - b.adapter;

/** Tells dropout's seeds from every other use of the run's seed. */
const DROPOUT_STREAM = 0x64726f70;

export class Trainer {
  readonly #o: TrainerOptions;
  readonly #course: Course;
  readonly #flat: FlatTensors;
  readonly #pacer: Pacer;
  /** Who trains together now. */
  #lineUp: LineUp;
  #bound: Bound | undefined;
  /** By adapter, the last step that it has seen. */
  readonly #stopped = new Map<number, number>();
  #submitted = 0;
  /** Settles when the last step called for has been submitted. */
  #tail: Promise<void> = Promise.resolve();
  /** Reports that are not known yet. */
  readonly #awaited = new Set<Promise<unknown>>();

  private constructor(options: TrainerOptions, course: Course, flat: FlatTensors, lineUp: LineUp) {
    this.#o = options;
    this.#course = course;
    this.#flat = flat;
    this.#lineUp = lineUp;
    const { gpu, longestSubmitMs = defaultSubmitMs(gpu.adapter.isSoftware) } = options;
    this.#pacer = new Pacer(gpu, longestSubmitMs);
  }

  /** Records and lays out every plan the run will need; allocates nothing. Throws TrainingError or GpuUsageError. */
  static async plan(options: TrainerOptions): Promise<Trainer> {
    const course = planCourse(options);
    const flat = declareFlat(course);
    return new Trainer(options, course, flat, await planLineUp(course, flat, everyone(options)));
  }

  get order(): DataOrder {
    return this.#course.order;
  }

  get steps(): number {
    return this.#course.steps;
  }

  /** Less once an adapter has stopped and the next step has begun. */
  get memory(): TrainingMemory {
    return measure(this.#o, this.#flat, this.#lineUp);
  }

  /** Flat A and B on the GPU, for generation beside training. */
  get parameters(): Tensor {
    return this.#flat.parameters;
  }

  /** Allocates, and starts from `state`. Throws OutOfGpuMemoryError, with nothing kept, where there is no room. */
  async open(state: TrainerState): Promise<void> {
    const { gpu, model } = this.#o;
    const { parameters, first, second, cosSin } = this.#flat;
    for (const { adapter, step } of state.stopped) this.#stopped.set(adapter, step);
    if (this.#canShrink) this.#lineUp = await planLineUp(this.#course, this.#flat, this.#live);
    const allocate = () => {
      for (const tensor of residents(this.#flat)) gpu.place(tensor.allocation);
      this.#allocate();
    };
    await gpu.allocating('this run', allocate).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    gpu.write(parameters, state.parameters);
    gpu.write(first, state.first);
    if (second && state.second) gpu.write(second, state.second);
    const rotary = model.architecture.rotary;
    if (cosSin && rotary) gpu.write(cosSin, rotaryTable(rotary, cosSin.shape[0]!));
    this.#submitted = state.step;
    await this.#bind();
  }

  /**
   * Submits optimizer step `step` (from 1). The promise resolves when its result is known. Steps are submitted in the order
   * of the calls, whether or not earlier ones have resolved; at most as many may be open as the ring has slots.
   */
  async step(step: number): Promise<StepReport> {
    const submitted = this.#tail.then(() => this.#submit(step));
    this.#tail = submitted.then(
      () => {},
      () => {},
    );
    return (await submitted).report;
  }

  /** No step from the next on trains this adapter, or computes its rows while others are left. */
  drop(adapter: number): Promise<void> {
    this.#tail = this.#tail.then(() => {
      if (this.#stopped.has(adapter)) return;
      this.#stopped.set(adapter, this.#submitted);
      this.#flag(adapter);
    });
    return this.#tail;
  }

  get #live(): number[] {
    return everyone(this.#o).filter((place) => !this.#stopped.has(place));
  }

  /** Whether the line-up has rows that train nothing beside some that do. */
  get #canShrink(): boolean {
    const live = this.#live.length;
    return live > 0 && live < this.#lineUp.places.length;
  }

  /** Goes on with those that are left. The flat tensors stay. */
  async #shrink(): Promise<void> {
    // Which adapters the steps under way have broken is known with their results; it may be the last ones.
    await Promise.allSettled(this.#awaited);
    if (!this.#canShrink) return;
    const next = await planLineUp(this.#course, this.#flat, this.#live);
    await this.#free();
    this.#lineUp = next;
    await this.#o.gpu.allocating('this run', () => this.#allocate());
    await this.#bind();
  }

  #allocate(): void {
    const { gpu } = this.#o;
    const { blocks, results, inputs, workspace } = this.#lineUp;
    for (const { allocation } of [blocks, results, inputs]) gpu.place(allocation);
    for (const { attachment } of plansOf(this.#lineUp)) gpu.place(attachment.tables.allocation);
    workspace.allocate(gpu);
  }

  async #bind(): Promise<void> {
    const { gpu } = this.#o;
    const { layouts, blocks, results, update, workspace, places } = this.#lineUp;
    for (const { attachment } of plansOf(this.#lineUp)) gpu.write(attachment.tables, attachment.tableWords);
    gpu.write(blocks, Uint32Array.from(layouts.flatMap(({ start, count }) => [start, count])));
    gpu.write(results, new Uint32Array(elementCount(results.shape)));
    for (const place of places) if (this.#stopped.has(place)) this.#flag(place);
    this.#bound = {
      update: await BoundPlan.bind(gpu, update, workspace),
      ring: new ResultRing(gpu, results, RING_SLOTS),
    };
  }

  /** The kernels leave a flagged adapter as it is. */
  #flag(adapter: number): void {
    const row = this.#lineUp.places.indexOf(adapter);
    if (row >= 0)
      this.#o.gpu.write(this.#lineUp.results, Uint32Array.of(1), (row * RESULT_WORDS + IS_STOPPED_WORD) * 4);
  }

  /** Writes and submits every micro-batch and the update, and starts to read the results. */
  async #submit(step: number): Promise<{ report: Promise<StepReport> }> {
    if (this.#canShrink) await this.#shrink();
    const { gpu, settings } = this.#o;
    const { update } = this.#open;
    const { places } = this.#lineUp;
    const batches = batchesOf(this.#course, step);
    const targetTokens = batches.reduce((sum, batch) => sum + batch.targetTokens, 0);
    const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
    const adapters = places.map((place) => adapterStep(settings, step, this.#learningRate(place, step), targetTokens));
    this.#submitted = step;
    const bound = await Promise.all(batches.map((batch) => this.#plan('training', batch)));
    let results: Promise<ArrayBuffer> | undefined;
    for (const [microBatch, batch] of batches.entries()) {
      const { plan, inputs } = bound[microBatch]!;
      const words = packStep({
        microBatch,
        dropoutSeed: hash32(settings.seed, DROPOUT_STREAM, (step - 1) * settings.accumulate + microBatch),
        lossRows: batch.targetTokens,
        adapters,
      });
      this.#lineUp.inputs.write(gpu, inputs, batch, places.length, words);
      if (microBatch + 1 < batches.length) await this.#pacer.submit([plan]);
      else ({ results } = await this.#submitReading([plan, update]));
    }
    if (!results) throw new TrainingError('trainer: a step of no micro-batches');
    const report = this.#report({ step, tokens, targetTokens }, places, results);
    this.#awaited.add(report);
    const known = () => this.#awaited.delete(report);
    report.then(known, known);
    return { report };
  }

  /** What the results of these adapters say of a step; one that is not finite stops there. */
  async #report(facts: StepFacts, places: readonly number[], results: Promise<ArrayBuffer>): Promise<StepReport> {
    const { step, targetTokens } = facts;
    const known = unpackResults(await results);
    const adapters = everyone(this.#o).map((place): AdapterReport => {
      const learningRate = this.#learningRate(place, step);
      const result = known[places.indexOf(place)];
      const isStopped = (this.#stopped.get(place) ?? step) < step;
      if (!result || isStopped) return { ...NO_RESULT, learningRate };
      if (!result.isFinite) this.#stopped.set(place, step - 1);
      const { lossSum, hits: _, ...own } = result;
      return { ...own, loss: lossSum / targetTokens, learningRate, isStopped };
    });
    return { ...facts, adapters };
  }

  #learningRate(place: number, step: number): number {
    const { settings, learningRates } = this.#o;
    const learningRate = learningRates?.[place] ?? settings.learningRate;
    return learningRateAt({ ...settings, learningRate }, step, this.steps);
  }

  /** Submits these plans and a copy of the results that they leave. */
  async #submitReading(plans: readonly BoundPlan[]): Promise<{ results: Promise<ArrayBuffer> }> {
    const { ring } = this.#open;
    const slot = ring.claim();
    await this.#pacer.submit(plans, (encoder) => ring.copy(encoder, slot));
    return { results: ring.take(slot) };
  }

  /** Loss and token accuracy of every adapter on the validation rows. When `signal` aborts between batches, throws its reason. */
  async evaluate({ onProgress, signal }: EvaluateOptions = {}): Promise<Evaluation> {
    const { gpu, settings, validationRows } = this.#o;
    const { places, inputs: allInputs } = this.#lineUp;
    const sums = places.map(() => ({ loss: 0, hits: 0 }));
    let targetTokens = 0;
    for (const [index, rows] of evaluationBatches(this.#o).entries()) {
      signal?.throwIfAborted();
      const batch = batchOf(this.#o, rows);
      const { plan, inputs } = await this.#plan('evaluation', batch);
      const words = packStep({
        microBatch: 0,
        dropoutSeed: 0,
        lossRows: batch.targetTokens,
        adapters: places.map(() => ({ ...NO_UPDATE, lossScale: 1 })),
      });
      allInputs.write(gpu, inputs, batch, places.length, words);
      const { results } = await this.#submitReading([plan]);
      unpackResults(await results).forEach(({ lossSum, hits }, i) => {
        sums[i]!.loss += lossSum;
        sums[i]!.hits += hits;
      });
      targetTokens += batch.targetTokens;
      onProgress?.(Math.min((index + 1) * settings.batchSize, validationRows.length), validationRows.length);
    }
    const adapters = everyone(this.#o).map((place) => {
      const sum = sums[places.indexOf(place)];
      if (!sum || this.#stopped.has(place)) return null;
      const loss = sum.loss / targetTokens;
      return { loss, perplexity: Math.exp(loss), tokenAccuracy: sum.hits / targetTokens };
    });
    return { rows: validationRows.length, targetTokens, adapters };
  }

  /** Reads parameters and moments back, as they are after `step` optimizer steps. */
  async readState(step: number): Promise<TrainerState> {
    const { gpu } = this.#o;
    const { parameters, first, second } = this.#flat;
    return {
      step,
      parameters: new Float32Array(await gpu.read(parameters)),
      first: new Float32Array(await gpu.read(first)),
      second: second && new Float32Array(await gpu.read(second)),
      stopped: [...this.#stopped].map(([adapter, last]) => ({ adapter, step: last })).sort(byAdapter),
    };
  }

  /** Where the time of a step's first micro-batch goes, by kernel, slowest first. Overwrites the gradients; updates nothing. */
  async profile(step: number): Promise<KernelTime[]> {
    const { gpu } = this.#o;
    const { places, inputs: allInputs } = this.#lineUp;
    const batch = batchesOf(this.#course, step)[0]!;
    const { plan, inputs } = await this.#plan('training', batch);
    const words = packStep({
      microBatch: 0,
      dropoutSeed: 0,
      lossRows: batch.targetTokens,
      adapters: places.map(() => NO_UPDATE),
    });
    allInputs.write(gpu, inputs, batch, places.length, words);
    return plan.profile(gpu);
  }

  /** Frees everything but the model. */
  async close(): Promise<void> {
    await this.#free();
    for (const tensor of residents(this.#flat)) this.#o.gpu.free(tensor.allocation);
  }

  /** Frees the line-up. */
  async #free(): Promise<void> {
    const { gpu } = this.#o;
    const { blocks, results, inputs, workspace } = this.#lineUp;
    await gpu.done();
    for (const plan of plansOf(this.#lineUp)) {
      if (plan.bound) (await plan.bound).free(gpu);
      gpu.free(plan.attachment.tables.allocation);
    }
    this.#bound?.update.free(gpu);
    this.#bound?.ring.free();
    this.#bound = undefined;
    workspace.free(gpu);
    for (const { allocation } of [blocks, results, inputs]) gpu.free(allocation);
  }

  get #open(): Bound {
    if (!this.#bound) throw new TrainingError('trainer: open it first');
    return this.#bound;
  }

  async #plan(kind: 'training' | 'evaluation', batch: Batch) {
    const key = keyOf(batch);
    const shaped = this.#lineUp[kind].get(key);
    if (!shaped) throw new TrainingError(`trainer: no plan for batches of ${key}`);
    shaped.bound ??= BoundPlan.bind(this.#o.gpu, shaped.laidOut, this.#lineUp.workspace);
    return { plan: await shaped.bound, inputs: shaped.inputs };
  }
}

/** Of a step that did not train the adapter. */
const NO_RESULT = { loss: Number.NaN, gradientNorm: Number.NaN, isFinite: false, isStopped: true };
