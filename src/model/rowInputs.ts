// The one buffer that the rows of a generation step are written into; the plans of every size read views of it.
import type { Gpu } from '../gpu/device.ts';
import { type Allocation, newTensor, type Tensor, viewOf } from '../gpu/tensor.ts';
import type { CachedRows } from './keyValueCache.ts';

const FIELDS = ['ids', 'positions', 'keyStart', 'keyEnd', 'cacheRow'] as const;
type Field = (typeof FIELDS)[number];

/** One token on its way through the network. Keys are rows of the cache, both ends included. */
export type Row = Readonly<Record<Field, number>>;

/** Past every cache: such a row's key and value go nowhere. */
export const NO_CACHE_ROW = 0xffffffff;

/** Rows of a view start on binding boundaries: 256 bytes. */
const ALIGNMENT_WORDS = 64;

export class RowInputs {
  readonly #whole: Tensor;
  readonly #staging: Uint32Array<ArrayBuffer>;
  readonly #stride: number;

  constructor(maxRows: number) {
    this.#stride = Math.ceil(maxRows / ALIGNMENT_WORDS) * ALIGNMENT_WORDS;
    this.#staging = new Uint32Array(this.#stride * FIELDS.length);
    this.#whole = newTensor('generation rows', [this.#staging.length], { type: 'u32' });
  }

  get allocation(): Allocation {
    return this.#whole.allocation;
  }

  tensorsFor(rows: number): CachedRows {
    const view = (field: Field) =>
      viewOf(this.#whole, field, [rows], FIELDS.indexOf(field) * this.#stride * Uint32Array.BYTES_PER_ELEMENT);
    return {
      ids: view('ids'),
      positions: view('positions'),
      keyStart: view('keyStart'),
      keyEnd: view('keyEnd'),
      cacheRow: view('cacheRow'),
    };
  }

  /** Writes these rows; up to `count` rows follow that reach nothing. */
  write(gpu: Gpu, rows: readonly Row[], count: number): void {
    const last = rows.at(-1);
    const nothing: Row = {
      ids: 0,
      positions: 0,
      keyStart: last?.keyStart ?? 0,
      keyEnd: last?.keyStart ?? 0,
      cacheRow: NO_CACHE_ROW,
    };
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? nothing;
      FIELDS.forEach((field, f) => {
        this.#staging[f * this.#stride + i] = row[field];
      });
    }
    gpu.write(this.#whole, this.#staging);
  }
}
