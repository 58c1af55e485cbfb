// The one buffer that a micro-batch is written into: every plan's inputs are views of it, and one write fills them.
import type { Batch } from '../data/batches.ts';
import type { Gpu } from '../gpu/device.ts';
import { type Allocation, BINDING_ALIGNMENT_BYTES, newTensor, type Tensor, viewOf } from '../gpu/tensor.ts';
import { ADAPTER_STEP_WORDS, STEP_HEADER_WORDS } from '../ops/stepRecord.ts';
import type { BatchShape, BatchTensors } from './stepPlan.ts';

type InputTensors = Omit<BatchTensors, 'results'>;

const ROW_FIELDS = ['ids', 'positions', 'keyStart', 'keyEnd', 'queryEnd'] as const;
const NO_ROW = 0xffffffff;

export class BatchInputs {
  /** The step record, at the start whatever the shape. */
  readonly step: Tensor;
  readonly #whole: Tensor;
  readonly #staging: Uint32Array<ArrayBuffer>;

  constructor(shapes: readonly BatchShape[], adapters: number) {
    const stepWords = STEP_HEADER_WORDS + adapters * ADAPTER_STEP_WORDS;
    const most = Math.max(...shapes.map((shape) => wordsFor(shape, stepWords)), align(stepWords));
    this.#whole = newTensor('batch', [most], { type: 'u32' });
    this.#staging = new Uint32Array(most);
    this.step = viewOf(this.#whole, 'step', [stepWords], 0);
  }

  get allocation(): Allocation {
    return this.#whole.allocation;
  }

  get sizeBytes(): number {
    return this.#whole.allocation.sizeBytes;
  }

  tensorsFor(shape: BatchShape): InputTensors {
    const size = shape.rows * shape.length;
    let at = align(this.step.shape[0]!);
    const next = (label: string, count: number): Tensor => {
      const tensor = viewOf(this.#whole, label, [count], at * 4);
      at += align(count);
      return tensor;
    };
    return {
      step: this.step,
      length: shape.length,
      ids: next('ids', size),
      positions: next('positions', size),
      keyStart: next('keyStart', size),
      keyEnd: next('keyEnd', size),
      queryEnd: next('queryEnd', size),
      lossSlot: next('lossSlot', size),
      lossIndex: next('lossIndex', shape.lossRows),
      lossTargets: next('lossTargets', shape.lossRows),
    };
  }

  /** Writes the batch once for each adapter, rows of one adapter after those of another, and the step record. */
  write(gpu: Gpu, tensors: InputTensors, batch: Batch, adapters: number, stepWords: Uint32Array): void {
    const words = this.#staging;
    words.set(stepWords, 0);
    const size = batch.rows * batch.length;
    for (const field of ROW_FIELDS) {
      const at = tensors[field].offsetBytes / 4;
      const isRowIndex = field !== 'ids' && field !== 'positions';
      for (let g = 0; g < adapters; g++) {
        const values = batch[field];
        if (isRowIndex && g > 0) for (let m = 0; m < size; m++) words[at + g * size + m] = values[m]! + g * size;
        else words.set(values, at + g * size);
      }
    }
    const slot = tensors.lossSlot.offsetBytes / 4;
    words.fill(NO_ROW, slot, slot + adapters * size);
    const room = tensors.lossIndex.shape[0]! / adapters;
    const index = tensors.lossIndex.offsetBytes / 4;
    const targets = tensors.lossTargets.offsetBytes / 4;
    for (let g = 0; g < adapters; g++) {
      words.fill(NO_ROW, index + g * room, index + (g + 1) * room);
      words.fill(0, targets + g * room, targets + (g + 1) * room);
      for (let i = 0; i < batch.targetTokens; i++) {
        const row = batch.lossRows[i]! + g * size;
        words[index + g * room + i] = row;
        words[slot + row] = g * room + i;
      }
      words.set(batch.lossTargets, targets + g * room);
    }
    const end = targets + adapters * room;
    gpu.write(this.#whole, words.subarray(0, end));
  }
}

function align(words: number): number {
  const unit = BINDING_ALIGNMENT_BYTES / 4;
  return Math.ceil(words / unit) * unit;
}

function wordsFor({ rows, length, lossRows }: BatchShape, stepWords: number): number {
  return align(stepWords) + (ROW_FIELDS.length + 1) * align(rows * length) + 2 * align(lossRows);
}
