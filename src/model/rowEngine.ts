// Everything on the GPU that generation needs: the cache, the plans for each number of rows, the logits and their way
// back. It knows rows and adapters, not prompts and answers.
import { Workspace } from '../gpu/boundPlan.ts';
import type { Gpu } from '../gpu/device.ts';
import { defaultSubmitMs, Pacer } from '../gpu/pacer.ts';
import { newTensor, storedBytes, type Tensor } from '../gpu/tensor.ts';
import type { AnsweringAdapters, RowBlock } from './answeringAdapters.ts';
import type { FrozenModel } from './frozenModel.ts';
import { KeyValueCache } from './keyValueCache.ts';
import { LogitsReader } from './logitsReader.ts';
import { ModelError } from './modelError.ts';
import { rotaryTable } from './rotaryTable.ts';
import { type Row, RowInputs } from './rowInputs.ts';
import { RowPlan, type RowPlanParts } from './rowPlans.ts';

export interface RowEngineOptions {
  readonly sequences: number;
  readonly maxTokens: number;
  /** Different adapters in one batch. */
  readonly mixed: number;
  readonly adapters: AnsweringAdapters | undefined;
}

/** Rows of a prefill step at most; a prompt may take several. */
const PREFILL_ROWS = 256;
const SMALLEST_PREFILL_ROWS = 16;

export class RowEngine {
  readonly #parts: RowPlanParts;
  readonly #workspace = new Workspace();
  readonly #reader: LogitsReader;
  /** By number of rows, ascending. */
  readonly #prefill: readonly RowPlan[];
  readonly #decode: readonly RowPlan[];

  private constructor(parts: RowPlanParts, prefill: readonly RowPlan[], decode: readonly RowPlan[]) {
    this.#parts = parts;
    this.#prefill = prefill;
    this.#decode = decode;
    this.#reader = new LogitsReader(parts.gpu, parts.logits);
    for (const { laidOut } of [...prefill, ...decode]) this.#workspace.reserve(laidOut.layout);
  }

  /** Lays out every plan, then allocates; keeps nothing where there is no room. Throws ModelError for sizes that the device cannot take. */
  static async open(gpu: Gpu, model: FrozenModel, options: RowEngineOptions): Promise<RowEngine> {
    const engine = await layOut(gpu, model, options, (...parts) => new RowEngine(...parts));
    await gpu
      .allocating('generation', () => engine.#allocate())
      .catch(async (error: unknown) => {
        await engine.free();
        throw error;
      });
    return engine;
  }

  /** What `open` would take, once every size has been used; allocates nothing. Throws as `open`. */
  static async sizeOf(gpu: Gpu, model: FrozenModel, options: RowEngineOptions): Promise<number> {
    return (await layOut(gpu, model, options, (...parts) => new RowEngine(...parts))).sizeBytes;
  }

  /** Rows between the first tokens of two sequences in the cache. */
  get stride(): number {
    return this.#parts.cache.stride;
  }

  /** Rows that one prefill takes at most. */
  get prefillRows(): number {
    return this.#prefill.at(-1)!.rows;
  }

  /** Exactly what it allocates once every size has been used. */
  get sizeBytes(): number {
    const resident = residents(this.#parts).reduce((sum, { allocation }) => sum + allocation.sizeBytes, 0);
    const plans = [...this.#prefill, ...this.#decode].reduce((sum, plan) => sum + plan.sizeBytes, 0);
    return (
      resident + plans + this.#parts.inputs.allocation.sizeBytes + this.#workspace.sizeBytes + this.#reader.sizeBytes
    );
  }

  /** Puts the keys and values of these rows into the cache. */
  async prefill(rows: readonly Row[], blocks: readonly RowBlock[]): Promise<void> {
    await smallestFor(this.#prefill, rows.length).submit(this.#workspace, rows, blocks);
    await this.#parts.gpu.done();
  }

  /** As `prefill`, and calls `use` with the logits of each row, which are valid only until it returns. */
  async decode(
    rows: readonly Row[],
    blocks: readonly RowBlock[],
    use: (row: number, logits: Float32Array) => void,
  ): Promise<void> {
    await smallestFor(this.#decode, rows.length).submit(this.#workspace, rows, blocks);
    await this.#reader.read(rows.length, use);
  }

  #allocate(): void {
    const { gpu, model, inputs, cosSin } = this.#parts;
    for (const { allocation } of residents(this.#parts)) gpu.place(allocation);
    gpu.place(inputs.allocation);
    this.#workspace.allocate(gpu);
    this.#reader.allocate();
    const { rotary } = model.architecture;
    if (cosSin && rotary) gpu.write(cosSin, rotaryTable(rotary, cosSin.shape[0]!));
  }

  async free(): Promise<void> {
    const { gpu, inputs } = this.#parts;
    for (const plan of [...this.#prefill, ...this.#decode]) await plan.free();
    for (const { allocation } of residents(this.#parts)) gpu.free(allocation);
    gpu.free(inputs.allocation);
    this.#workspace.free(gpu);
    this.#reader.free();
  }
}

async function layOut(
  gpu: Gpu,
  model: FrozenModel,
  { sequences, maxTokens, mixed, adapters }: RowEngineOptions,
  make: (parts: RowPlanParts, prefill: readonly RowPlan[], decode: readonly RowPlan[]) => RowEngine,
): Promise<RowEngine> {
  const a = model.architecture;
  const maxBinding = gpu.limits.maxStorageBufferBindingSize;
  if (storedBytes(sequences * a.vocabularySize, 'f32') > maxBinding) {
    throw new ModelError(
      `Logits of ${sequences} sequences do not fit in one binding of ${maxBinding} bytes; take fewer.`,
    );
  }
  const prefillSizes = doublings(SMALLEST_PREFILL_ROWS, Math.min(PREFILL_ROWS, sequences * maxTokens));
  const decodeSizes = doublings(1, sequences);
  const parts: RowPlanParts = {
    gpu,
    pacer: new Pacer(gpu, defaultSubmitMs(gpu.adapter.isSoftware)),
    model,
    adapters,
    blocks: mixed,
    cosSin: a.rotary && newTensor('rotary angles', [maxTokens, a.headDim]),
    cache: new KeyValueCache(a, sequences, maxTokens, maxBinding),
    inputs: new RowInputs(Math.max(...prefillSizes, ...decodeSizes)),
    logits: newTensor('logits', [sequences, a.vocabularySize]),
  };
  const prefill: RowPlan[] = [];
  for (const rows of prefillSizes) prefill.push(await RowPlan.layOut(parts, rows, false));
  const decode: RowPlan[] = [];
  for (const rows of decodeSizes) decode.push(await RowPlan.layOut(parts, rows, true));
  return make(parts, prefill, decode);
}

/** Sizes from `first`, each twice the last, to the first that is `last` or more, cut to it (or `first` alone). */
function doublings(first: number, last: number): number[] {
  const sizes = [first];
  for (let size = first; size < last; size = sizes.at(-1)!) sizes.push(Math.min(2 * size, last));
  return sizes;
}

function smallestFor(plans: readonly RowPlan[], rows: number): RowPlan {
  return plans.find((plan) => plan.rows >= rows) ?? plans.at(-1)!;
}

function residents({ cache, logits, cosSin }: RowPlanParts): Tensor[] {
  return [...cache.tensors, logits, ...(cosSin ? [cosSin] : [])];
}
