// A model's weights as the tensors of a GGUF file, an adapter merged in: made while they are written, a few megabytes at a
// time, from whatever files the model lies in.
//
// Types: norms, biases and GPT-2's positions F32; every other matrix the type asked for, with these exceptions. Where Q4_0
// is asked, the matrix that makes the logits (the head, or an embedding tied to it) is Q8_0: llama.cpp's quantize gives it
// six bits. Rows that are no whole blocks are F16. Blocks of a GGUF base to which nothing is added stay as they are when
// blocks are asked: quantizing again would lose, and gain nothing.
import { BLOCK_TYPES, isBlockDtype, type StoredType } from '../formats/blockTypes.ts';
import { readChunks, sliceSource } from '../formats/byteSource.ts';
import { F16_OVERFLOW, fromFloat32 } from '../formats/dtypes.ts';
import type { GgufArchitecture } from '../formats/ggufConfig.ts';
import { quantizeForGguf } from '../formats/ggufQuantize.ts';
import { reorderedHeads } from '../formats/ggufRows.ts';
import { ggufTensorName, hasPermutedRows } from '../formats/ggufWeights.ts';
import type { GgufTensor } from '../formats/ggufWriter.ts';
import { readFloats } from '../formats/storedFloats.ts';
import type { WeightFiles, WeightTensor } from '../formats/weightFiles.ts';
import type { Architecture } from '../model/architecture.ts';
import { allMatrices, allVectors, declareModel } from '../model/frozenModel.ts';
import { findStored } from '../model/weightStorage.ts';
import { AdapterError } from './adapterSet.ts';
import { addUpdate, type StoredUpdate } from './merge.ts';

export type GgufWeightType = 'F32' | 'F16' | 'Q8_0' | 'Q4_0';

interface Source {
  readonly tensor: WeightTensor;
  readonly update: StoredUpdate | undefined;
  /** It lies [in, out], and is written the other way round. */
  readonly isInOut: boolean;
  /** Head size, where rows are put into GGUF's order. */
  readonly headDim: number | undefined;
}

export interface GgufTensors {
  readonly tensors: readonly GgufTensor[];
  /** Names of matrices that are F16 because blocks would cut their rows. */
  readonly keptAsF16: readonly string[];
  /** Names of matrices that keep the blocks of the base. */
  readonly keptAsStored: readonly string[];
}

/** `updates`: by the stored tensor's name. Reading a tensor throws AdapterError where a number does not fit its type. */
export function ggufTensors(
  a: Architecture,
  architecture: GgufArchitecture,
  files: WeightFiles,
  updates: ReadonlyMap<string, StoredUpdate>,
  type: GgufWeightType,
): GgufTensors {
  const model = declareModel(a, 'f32', Number.MAX_SAFE_INTEGER);
  const keptAsF16: string[] = [];
  const keptAsStored: string[] = [];
  const declare = (storedName: string, transposed: boolean, isMatrix: boolean): GgufTensor => {
    const tensor = findStored(files, storedName);
    const { info } = tensor;
    const name = ggufTensorName(architecture, storedName);
    const isInOut = transposed && tensor.isOutIn !== true;
    const source = {
      tensor,
      update: updates.get(info.name),
      isInOut,
      headDim: hasPermutedRows(architecture, name) ? a.headDim : undefined,
    };
    const shape = isInOut ? info.shape.toReversed() : info.shape;
    const isHead = name === 'output.weight' || (a.isTied && name === 'token_embd.weight');
    const wanted = !isMatrix || name === 'position_embd.weight' ? 'F32' : type === 'Q4_0' && isHead ? 'Q8_0' : type;
    const dtype = typeFor(wanted, source, shape);
    if (isBlockDtype(wanted) && dtype === 'F16') keptAsF16.push(name);
    if (isBlockDtype(wanted) && isBlockDtype(dtype) && dtype !== wanted) keptAsStored.push(name);
    return { name, dtype, shape, bytes: () => tensorBytes(source, dtype, name) };
  };
  const matrices = allMatrices(model).flatMap(({ stored }) => stored.map((s) => declare(s.name, s.transposed, true)));
  const vectors = allVectors(model).flatMap(({ stored }) => stored.map((s) => declare(s.name, false, false)));
  return { tensors: inOrder([...matrices, ...vectors]), keptAsF16, keptAsStored };
}

/** Embedding, then block by block, then what follows: as the converter writes them, and as they are read. */
function inOrder(tensors: readonly GgufTensor[]): GgufTensor[] {
  const place = ({ name }: GgufTensor) => {
    const layer = /^blk\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) return Number(layer);
    return name.startsWith('output') ? Number.POSITIVE_INFINITY : -1;
  };
  return [...tensors].sort((x, y) => {
    const [first, second] = [place(x), place(y)];
    return first === second ? 0 : first - second;
  });
}

function typeFor(wanted: GgufWeightType, { tensor, update, isInOut }: Source, shape: readonly number[]): StoredType {
  if (!isBlockDtype(wanted)) return wanted;
  const { dtype } = tensor.info;
  if (isBlockDtype(dtype) && !update && !isInOut) return dtype;
  return (shape.at(-1) ?? 1) % BLOCK_TYPES[wanted].elements === 0 ? wanted : 'F16';
}

async function* tensorBytes(source: Source, dtype: StoredType, name: string): AsyncGenerator<Uint8Array> {
  const { tensor, update, isInOut, headDim } = source;
  const { info } = tensor;
  if (info.dtype === dtype && !update && !isInOut) {
    yield* storedBytes(tensor, headDim);
    return;
  }
  for await (const values of mergedRows(source)) {
    try {
      yield encoded(values, dtype);
    } catch (error) {
      if (error instanceof RangeError) throw new AdapterError(`${name} ${error.message}.`);
      throw error;
    }
  }
}

/** Bytes read, changed and handed on at a time. */
const PIECE_BYTES = 4 << 20;

/** As the files have them, in GGUF's order. */
async function* storedBytes({ source, info }: WeightTensor, headDim: number | undefined): AsyncGenerator<Uint8Array> {
  const whole = sliceSource(source, info.offset, info.sizeBytes, source.name);
  if (headDim === undefined) {
    yield* readChunks(whole);
    return;
  }
  const rowBytes = info.sizeBytes / (info.shape[0] ?? 1);
  const headBytes = headDim * rowBytes;
  const pieceBytes = headBytes * Math.max(1, Math.floor(PIECE_BYTES / headBytes));
  for await (const piece of readChunks(whole, pieceBytes)) yield reorderedHeads(piece, rowBytes, headDim, 'toGguf');
}

/** Whole rows of the [out, in] matrix with the update added, in GGUF's order. One that lies [in, out] is held whole. */
async function* mergedRows({ tensor, update, isInOut, headDim }: Source): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const { shape } = tensor.info;
  const [rows = 0, cols = 1] = shape;
  if (isInOut) {
    const values = await readFloats(tensor, 0, rows * cols);
    if (update) addUpdate(values, 0, cols, update);
    yield* turned(values, rows, cols);
    return;
  }
  // The parts of an update are [out, in] too, whatever its family's files are.
  const straight = update && { ...update, isTransposed: false };
  const unit = headDim ?? 1;
  const pieceRows = unit * Math.max(1, Math.floor(PIECE_BYTES / (4 * cols * unit)));
  for (let row = 0; row < rows; row += pieceRows) {
    const count = Math.min(pieceRows, rows - row);
    const values = await readFloats(tensor, row * cols, count * cols);
    if (straight) addUpdate(values, row * cols, cols, straight);
    if (headDim === undefined) yield values;
    else yield new Float32Array(reorderedHeads(bytesOf(values), 4 * cols, headDim, 'toGguf').buffer);
  }
}

function* turned(values: Float32Array, rows: number, cols: number): Generator<Float32Array<ArrayBuffer>> {
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / (4 * rows)));
  for (let col = 0; col < cols; col += pieceRows) {
    const count = Math.min(pieceRows, cols - col);
    const piece = new Float32Array(count * rows);
    for (let c = 0; c < count; c++) for (let r = 0; r < rows; r++) piece[c * rows + r] = values[r * cols + col + c]!;
    yield piece;
  }
}

function bytesOf(values: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function encoded(values: Float32Array<ArrayBuffer>, dtype: StoredType): Uint8Array {
  if (dtype === 'F32') return bytesOf(values);
  if (dtype === 'Q8_0' || dtype === 'Q4_0') return quantizeForGguf(values, dtype);
  if (dtype !== 'F16') throw new TypeError(`ggufTensors: ${dtype} is only copied`);
  const large = values.find((value) => Math.abs(value) >= F16_OVERFLOW && Number.isFinite(value));
  if (large !== undefined) throw new RangeError(`holds ${large.toPrecision(4)}, too large for f16; export as f32`);
  return fromFloat32(values, dtype);
}
