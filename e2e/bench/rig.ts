// Holds what a measurement of ops needs: tensors with seeded contents, frozen weights in any format, and plans repeated
// often enough that a submit's own cost does not show.
import { fromFloat32 } from '../../src/formats/dtypes.ts';
import { quantizeBlocks } from '../../src/formats/quantizeBlocks.ts';
import { BoundPlan, Workspace } from '../../src/gpu/boundPlan.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { type Pass, Plan } from '../../src/gpu/plan.ts';
import { type ElementType, elementCount, newTensor, type Tensor } from '../../src/gpu/tensor.ts';
import type { KernelTraits } from '../../src/gpu/traits.ts';
import type { WeightMatrix } from '../../src/ops/weightMatrix.ts';
import type { Contender } from './contest.ts';
import { mulberry32 } from './stepProblem.ts';

export type WeightFormat = 'f32' | 'f16' | 'q8' | 'q4' | 'nf4';

/** A plan that a contest can run, and how often the op is in it. */
export interface Prepared extends Contender {
  readonly repeats: number;
}

interface PrepareOptions {
  readonly traits?: KernelTraits;
  /** Repeat the op until a run takes about this long. */
  readonly aimMs?: number;
}

const MOST_REPEATS = 200;

export class Rig {
  readonly #free: (() => void)[] = [];
  #seed = 1;

  constructor(readonly gpu: Gpu) {}

  /** Seeded values in [-1, 1). */
  values(count: number): Float32Array<ArrayBuffer> {
    const random = mulberry32(this.#seed++);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = 2 * random() - 1;
    return values;
  }

  input(
    values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
    shape: readonly number[],
    type?: ElementType,
  ): Tensor {
    const tensor = newTensor('bench', shape, { type: type ?? (values instanceof Uint32Array ? 'u32' : 'f32') });
    this.gpu.place(tensor.allocation);
    this.#free.push(() => this.gpu.free(tensor.allocation));
    this.gpu.write(tensor, values);
    return tensor;
  }

  output(shape: readonly number[]): Tensor {
    return this.input(new Float32Array(elementCount(shape)).fill(POISON), shape);
  }

  /** A frozen matrix of `values` in one part. */
  weight(values: Float32Array<ArrayBuffer>, rows: number, cols: number, format: WeightFormat): WeightMatrix {
    const bytes =
      format === 'f32'
        ? new Uint8Array(values.buffer)
        : format === 'f16'
          ? fromFloat32(values, 'F16')
          : quantizeBlocks(values, format);
    const tensor = this.input(
      new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
      [rows, cols],
      format,
    );
    return { rows, cols, parts: [{ tensor, rowStart: 0 }] };
  }

  /** Binds what `record` records, repeated so often that one run takes about `aimMs`. */
  async prepare(
    name: string,
    record: (pass: Pass) => void,
    { traits = this.gpu.traits, aimMs = 10 }: PrepareOptions = {},
  ): Promise<Prepared> {
    const once = await this.#bind(name, record, 1, traits);
    await once.run();
    const start = performance.now();
    await once.run();
    const elapsed = performance.now() - start;
    const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.ceil(aimMs / elapsed)));
    return repeats === 1 ? once : this.#bind(name, record, repeats, traits);
  }

  async once(record: (pass: Pass) => void): Promise<void> {
    await (await this.#bind('once', record, 1, this.gpu.traits)).run();
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return new Float32Array(await this.gpu.read(tensor, elementCount(tensor.shape) * 4));
  }

  free(): void {
    for (const free of this.#free.splice(0)) free();
  }

  async #bind(name: string, record: (pass: Pass) => void, repeats: number, traits: KernelTraits): Promise<Prepared> {
    const { gpu } = this;
    const plan = new Plan(name, traits);
    for (let i = 0; i < repeats; i++) record(plan);
    const laidOut = await plan.layOut(gpu.shaders, gpu.limits);
    const workspace = new Workspace();
    workspace.reserve(laidOut.layout);
    const bound = await BoundPlan.bind(gpu, laidOut, workspace);
    this.#free.push(() => {
      bound.free(gpu);
      workspace.free(gpu);
    });
    return {
      name,
      repeats,
      async run() {
        bound.submit(gpu, Number.POSITIVE_INFINITY);
        await gpu.device.queue.onSubmittedWorkDone();
      },
    };
  }
}

/** What outputs hold before an op has run; no result is near it. */
const POISON = 1e30;
