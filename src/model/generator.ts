// Answers prompts with a key–value cache. Requests come at any time and share batches: each step takes the newest token of
// every sequence through the network, whatever adapter it asked for, and a sequence that ends makes room for the next
// request. Prompts go in first, packed into rows without regard to where one ends and another starts. After the first step
// of each size nothing is created.
import type { Gpu } from '../gpu/device.ts';
import { GpuUsageError } from '../gpu/errors.ts';
import { type AdapterChoice, type AnsweringAdapters, FROZEN, type RowBlock } from './answeringAdapters.ts';
import type { FrozenModel } from './frozenModel.ts';
import { ModelError } from './modelError.ts';
import { RowEngine, type RowEngineOptions } from './rowEngine.ts';
import { NO_CACHE_ROW, type Row } from './rowInputs.ts';
import { GREEDY, Sampler, type SamplingSettings } from './sampling.ts';

export interface GeneratorOptions {
  /** Answers that may be under way at one time. */
  readonly sequences: number;
  /** Longest prompt and answer together; at most the model's positions. */
  readonly maxTokens: number;
  readonly adapters?: AnsweringAdapters | undefined;
  /**
   * Different adapters that may share a batch (the frozen model counts, and so does each strength); others wait for one
   * to end. Default: all of them and the frozen model.
   */
  readonly mixed?: number;
}

export interface GenerationRequest {
  readonly promptIds: readonly number[];
  readonly maxNewTokens: number;
  /** Tokens that end the answer; the one that came is part of it. */
  readonly stopIds: readonly number[];
  /** Default: greedy. */
  readonly sampling?: SamplingSettings;
  /** Default: the frozen model. */
  readonly choice?: AdapterChoice;
  readonly signal?: AbortSignal | undefined;
  readonly onToken?: (id: number) => void;
}

export interface Generation {
  readonly ids: readonly number[];
  /** `stop`: a stop token came. `length`: the wanted number of tokens, or no more room. */
  readonly finish: 'stop' | 'length';
  readonly promptTokens: number;
  /** From when a place was free for the request to its first token, and to its last. */
  readonly firstTokenMs: number;
  readonly elapsedMs: number;
}

interface Waiting {
  readonly request: GenerationRequest;
  readonly choice: AdapterChoice;
  readonly sampler: Sampler;
  readonly resolve: (generation: Generation) => void;
  readonly reject: (reason: unknown) => void;
}

interface Sequence extends Waiting {
  readonly slot: number;
  /** Prompt and answer. */
  readonly ids: number[];
  /** How many of them have their keys and values in the cache. */
  cached: number;
  readonly startedAt: number;
  firstTokenMs: number;
}

/** Rows that attention takes together. */
const ATTENTION_ROWS = 4;

export class Generator {
  readonly #engine: RowEngine;
  readonly #o: GeneratorOptions & { mixed: number };
  readonly #slidingWindow: number;
  readonly #vocabularySize: number;
  readonly #freeSlots: number[];
  readonly #waiting: Waiting[] = [];
  /** Sequences of one adapter stand side by side. */
  readonly #active: Sequence[] = [];
  #running: Promise<void> | undefined;
  #isFreed = false;

  private constructor(engine: RowEngine, model: FrozenModel, options: GeneratorOptions & { mixed: number }) {
    this.#engine = engine;
    this.#o = options;
    this.#slidingWindow = model.architecture.slidingWindow ?? Number.POSITIVE_INFINITY;
    this.#vocabularySize = model.architecture.vocabularySize;
    this.#freeSlots = Array.from({ length: options.sequences }, (_, i) => options.sequences - 1 - i);
  }

  /** Allocates all it will need. Throws ModelError for a size that the model or the device cannot take. */
  static async open(gpu: Gpu, model: FrozenModel, options: GeneratorOptions): Promise<Generator> {
    const sizes = checkedSizes(model, options);
    return new Generator(await RowEngine.open(gpu, model, sizes), model, { ...options, mixed: sizes.mixed });
  }

  /** Bytes that a generator of these options would take, exactly; allocates nothing. Throws as `open`. */
  static sizeOf(gpu: Gpu, model: FrozenModel, options: GeneratorOptions): Promise<number> {
    return RowEngine.sizeOf(gpu, model, checkedSizes(model, options));
  }

  /** Bytes on the GPU, exactly, once steps of every size have been taken. */
  get sizeBytes(): number {
    return this.#engine.sizeBytes;
  }

  /** Rejects with ModelError for a prompt that does not fit, and with the signal's reason when cancelled. */
  async generate(request: GenerationRequest): Promise<Generation> {
    this.#check(request);
    const sampler = new Sampler(request.sampling ?? GREEDY);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, choice: request.choice ?? FROZEN, sampler, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Frees everything on the GPU. What is under way is rejected. */
  async free(): Promise<void> {
    if (this.#isFreed) return;
    this.#isFreed = true;
    await this.#running;
    await this.#engine.free();
  }

  #check({ promptIds, maxNewTokens, choice, signal }: GenerationRequest): void {
    signal?.throwIfAborted();
    if (this.#isFreed) throw new GpuUsageError('generator: freed');
    const { maxTokens, adapters } = this.#o;
    if (promptIds.length === 0) throw new ModelError('The prompt has no tokens: write something to continue.');
    if (!(maxNewTokens >= 1)) throw new ModelError(`Expected 1 new token or more, got ${maxNewTokens}.`);
    if (promptIds.length >= maxTokens) {
      throw new ModelError(
        `The prompt has ${promptIds.length} tokens; prompt and answer together may have ${maxTokens}.`,
      );
    }
    const isToken = (id: number) => Number.isInteger(id) && id >= 0 && id < this.#vocabularySize;
    const wrong = promptIds.find((id) => !isToken(id));
    if (wrong !== undefined)
      throw new ModelError(`${wrong} is not a token: the vocabulary has ${this.#vocabularySize}.`);
    if (choice?.adapter !== undefined && !(choice.adapter < (adapters?.count ?? 0))) {
      throw new GpuUsageError(`generator: expected one of ${adapters?.count ?? 0} adapters, got ${choice.adapter}`);
    }
  }

  async #run(): Promise<void> {
    // A turn later: requests made together start together.
    await Promise.resolve();
    try {
      for (this.#admit(); this.#active.length > 0; this.#admit()) {
        await this.#prefill();
        await this.#decode();
      }
    } catch (error) {
      for (const sequence of [...this.#active]) this.#leave(sequence).reject(error);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    } finally {
      this.#running = undefined;
    }
  }

  /** Lets the cancelled go and the next ones in, in the order in which they came. */
  #admit(): void {
    for (const sequence of this.#active.filter((each) => this.#isCancelled(each))) {
      this.#leave(sequence).reject(this.#reasonOf(sequence));
    }
    for (const waiting of this.#waiting.filter((each) => this.#isCancelled(each))) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.reject(this.#reasonOf(waiting));
    }
    for (let next = this.#waiting[0]; next && this.#hasRoomFor(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      const ids = [...next.request.promptIds];
      const slot = this.#freeSlots.pop()!;
      const sequence = { ...next, slot, ids, cached: 0, startedAt: performance.now(), firstTokenMs: 0 };
      const alike = this.#active.findLastIndex(({ choice }) => isSameChoice(choice, sequence.choice));
      this.#active.splice(alike < 0 ? this.#active.length : alike + 1, 0, sequence);
    }
  }

  #hasRoomFor({ choice }: Waiting): boolean {
    if (this.#freeSlots.length === 0) return false;
    const blocks = blocksOf(this.#active.map(({ choice: each }) => ({ choice: each, rows: 1 })));
    return blocks.length < this.#o.mixed || blocks.some((block) => isSameChoice(block.choice, choice));
  }

  #isCancelled({ request }: Waiting): boolean {
    return this.#isFreed || request.signal?.aborted === true;
  }

  #reasonOf({ request }: Waiting): unknown {
    return this.#isFreed ? new GpuUsageError('generator: freed') : request.signal?.reason;
  }

  #leave(sequence: Sequence): Sequence {
    this.#active.splice(this.#active.indexOf(sequence), 1);
    this.#freeSlots.push(sequence.slot);
    return sequence;
  }

  /** Every token but the newest of each sequence into the cache, as many rows at a time as a plan takes. */
  async #prefill(): Promise<void> {
    for (;;) {
      const rows: Row[] = [];
      const taken: { choice: AdapterChoice; rows: number }[] = [];
      for (const sequence of this.#active) {
        if (this.#isCancelled(sequence)) continue;
        const room = this.#engine.prefillRows - rows.length;
        const count = Math.min(room, sequence.ids.length - 1 - sequence.cached);
        if (count === 0) continue;
        const rowStart = rows.length;
        for (let i = 0; i < count; i++) rows.push(this.#row(sequence, sequence.cached + i));
        // Attention takes neighbouring rows together: those of two sequences would read all that lies between them.
        const gap = Math.min(room - count, (ATTENTION_ROWS - (count % ATTENTION_ROWS)) % ATTENTION_ROWS);
        for (let i = 0; i < gap; i++) rows.push({ ...rows.at(-1)!, cacheRow: NO_CACHE_ROW });
        taken.push({ choice: sequence.choice, rows: rows.length - rowStart });
        sequence.cached += count;
      }
      if (rows.length === 0) return;
      await this.#engine.prefill(rows, blocksOf(taken));
    }
  }

  /** One more token for every sequence. */
  async #decode(): Promise<void> {
    const sequences = this.#active.filter((sequence) => !this.#isCancelled(sequence));
    if (sequences.length === 0) return;
    const rows = sequences.map((sequence) => this.#row(sequence, sequence.cached));
    const blocks = blocksOf(sequences.map(({ choice }) => ({ choice, rows: 1 })));
    const failed = new Map<Sequence, unknown>();
    await this.#engine.decode(rows, blocks, (row, logits) => {
      const sequence = sequences[row]!;
      try {
        sequence.ids.push(sequence.sampler.pick(logits, sequence.ids));
        sequence.cached++;
      } catch (error) {
        failed.set(sequence, error);
      }
    });
    for (const sequence of sequences) {
      if (failed.has(sequence)) this.#leave(sequence).reject(failed.get(sequence));
      else this.#tell(sequence);
    }
  }

  #row({ ids, slot }: Sequence, position: number): Row {
    const first = slot * this.#engine.stride;
    return {
      ids: ids[position]!,
      positions: position,
      keyStart: first + Math.max(0, position - this.#slidingWindow + 1),
      keyEnd: first + position,
      cacheRow: first + position,
    };
  }

  /** Hands out a sequence's newest token, and ends the sequence if it was the last. */
  #tell(sequence: Sequence): void {
    const { request, ids, startedAt, resolve } = sequence;
    const promptTokens = request.promptIds.length;
    const newest = ids.at(-1)!;
    if (ids.length === promptTokens + 1) sequence.firstTokenMs = performance.now() - startedAt;
    try {
      request.onToken?.(newest);
    } catch (error) {
      this.#leave(sequence).reject(error);
      return;
    }
    const isStop = request.stopIds.includes(newest);
    if (!isStop && ids.length < Math.min(promptTokens + request.maxNewTokens, this.#o.maxTokens)) return;
    this.#leave(sequence);
    resolve({
      ids: ids.slice(promptTokens),
      finish: isStop ? 'stop' : 'length',
      promptTokens,
      firstTokenMs: sequence.firstTokenMs,
      elapsedMs: performance.now() - startedAt,
    });
  }
}

function checkedSizes({ architecture }: FrozenModel, options: GeneratorOptions): RowEngineOptions {
  const { sequences, maxTokens, adapters } = options;
  if (sequences < 1 || maxTokens < 1) throw new GpuUsageError('generator: expected at least 1 sequence and 1 token');
  if (maxTokens > architecture.maxPositions) {
    throw new ModelError(
      `A context of ${maxTokens} tokens is longer than this model's ${architecture.maxPositions} positions.`,
    );
  }
  const mixed = Math.min(sequences, options.mixed ?? (adapters?.count ?? 0) + 1);
  return { sequences, maxTokens, mixed, adapters };
}

function isSameChoice(a: AdapterChoice, b: AdapterChoice): boolean {
  return a.adapter === b.adapter && (a.adapter === undefined || a.strength === b.strength);
}

/** Neighbours that chose alike, as blocks of rows. */
function blocksOf(parts: readonly { choice: AdapterChoice; rows: number }[]): RowBlock[] {
  const blocks: RowBlock[] = [];
  let rowStart = 0;
  for (const { choice, rows } of parts) {
    const last = blocks.at(-1);
    if (last && isSameChoice(last.choice, choice))
      blocks[blocks.length - 1] = { ...last, rowCount: last.rowCount + rows };
    else blocks.push({ rowStart, rowCount: rows, choice });
    rowStart += rows;
  }
  return blocks;
}
