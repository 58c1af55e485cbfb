// A stored matrix in blocks of 4 or 8 bits, as the three or two initializers that MatMulNBits reads. It is read once for
// all of them: the blocks' scales and zero points, a seventh of the bytes at most, wait until their turn comes.
import { folderShape, mergedTensor } from '../adapters/merge.ts';
import { toFloat32 } from '../formats/dtypes.ts';
import type { Architecture } from '../model/architecture.ts';
import { allMatrices, declareModel, type StoredRows } from '../model/frozenModel.ts';
import { ModelError } from '../model/modelError.ts';
import { findStored } from '../model/weightStorage.ts';
import { type Bits, BLOCK, packZeroPoints, quantize } from './blockQuantize.ts';
import type { Weight } from './graph.ts';
import type { StoredWeights } from './storedWeights.ts';

export interface QuantizedWeight {
  /** uint8 [rows, blocks, bits · 4] */
  readonly data: Weight;
  /** float32 [rows, blocks] */
  readonly scales: Weight;
  /** uint8 [rows, ceil(blocks / 2)]; 8 bits need none. */
  readonly zeroPoints: Weight | undefined;
}

/** Blocks lie in one row: [out, in], whatever the family stores. */
export function quantizedWeight(
  weights: StoredWeights,
  { name, rows, transposed }: StoredRows,
  cols: number,
  bits: Bits,
): QuantizedWeight {
  const stored = findStored(weights.files, name).info.name;
  const blocks = cols / BLOCK;
  const sides = new Sides(stored, () => matrixRows(weights, name, transposed), rows * blocks, bits);
  const data: Weight = {
    name: `${stored}.q${bits}`,
    type: 'uint8',
    shape: [rows, blocks, bits * 4],
    bytes: () => sides.data(),
  };
  const scales: Weight = {
    name: `${stored}.q${bits}.scales`,
    type: 'float32',
    shape: [rows, blocks],
    bytes: async function* () {
      yield new Uint8Array((await sides.whole()).scales.buffer);
      if (bits === 8) sides.forget();
    },
  };
  if (bits === 8) return { data, scales, zeroPoints: undefined };
  const zeroPoints: Weight = {
    name: `${stored}.q${bits}.zero_points`,
    type: 'uint8',
    shape: [rows, Math.ceil(blocks / 2)],
    bytes: async function* () {
      yield packZeroPoints((await sides.whole()).zeroPoints, blocks);
      sides.forget();
    },
  };
  return { data, scales, zeroPoints };
}

/** The matrix as f32 in whole blocks, with what the adapter adds. One stored [in, out] is held whole to be turned. */
async function* matrixRows(
  { files, updates }: StoredWeights,
  name: string,
  transposed: boolean,
): AsyncGenerator<Float32Array> {
  const tensor = findStored(files, name);
  const pieces = mergedTensor(tensor, updates.get(tensor.info.name), 'F32');
  if (!transposed) {
    // Pieces are whole multiples of a block wherever the rows are.
    for await (const piece of pieces) yield toFloat32(piece, 'F32');
    return;
  }
  const [rows = 0, cols = 0] = folderShape(tensor);
  const turned = new Float32Array(rows * cols);
  let at = 0;
  for await (const piece of pieces) {
    for (const value of toFloat32(piece, 'F32')) {
      turned[(at % cols) * rows + Math.floor(at / cols)] = value;
      at++;
    }
  }
  yield turned;
}

/** Scales and zero points of a matrix, kept from when its integers are written until they are. */
class Sides {
  #kept: { scales: Float32Array<ArrayBuffer>; zeroPoints: Uint8Array<ArrayBuffer> } | undefined;

  constructor(
    readonly name: string,
    readonly pieces: () => AsyncIterable<Float32Array>,
    readonly blocks: number,
    readonly bits: Bits,
  ) {}

  async *data(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const kept = { scales: new Float32Array(this.blocks), zeroPoints: new Uint8Array(this.blocks) };
    let at = 0;
    for await (const piece of this.pieces()) {
      const { data, scales, zeroPoints } = quantize(piece, this.bits);
      if (!scales.every(Number.isFinite)) throw new ModelError(`${this.name} holds a value that is not finite.`);
      kept.scales.set(scales, at);
      kept.zeroPoints.set(zeroPoints, at);
      at += scales.length;
      yield data;
    }
    this.#kept = kept;
  }

  async whole() {
    if (!this.#kept) for await (const _ of this.data());
    if (!this.#kept) throw new RangeError('quantizedWeight: nothing was read');
    return this.#kept;
  }

  forget(): void {
    this.#kept = undefined;
  }
}

/** Matrices of a q4 export whose rows no block divides: they stay f32. */
export function keptAsF32(a: Architecture): string[] {
  const model = declareModel(a, 'f32', Number.MAX_SAFE_INTEGER);
  const matrices = allMatrices(model).filter((matrix) => matrix !== model.positions);
  const cut = matrices.filter(({ matrix }) => matrix.cols % BLOCK !== 0);
  return cut.flatMap(({ stored }) => stored.map(({ name }) => name));
}
