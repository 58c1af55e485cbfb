// Keys and values of every sequence that is being answered, one pair of tensors a layer. Sequence s owns rows
// s·stride … s·stride + stride − 1, its token t at row s·stride + t, so that attention finds a sequence as a range of rows.
import { newTensor, storedBytes, type Tensor } from '../gpu/tensor.ts';
import { attentionForward, columnsOfQkv } from '../ops/attention.ts';
import { cachedAttention } from '../ops/cachedAttention.ts';
import { cacheAppend } from '../ops/keyValueCache.ts';
import type { Architecture } from './architecture.ts';
import type { Attend } from './block.ts';
import { ModelError } from './modelError.ts';
import { type Context, qkvSizes, type RowTensors } from './network.ts';

export interface CachedRows extends RowTensors {
  /** u32 [rows]: where each row's key and value go; one past the last is nowhere. */
  readonly cacheRow: Tensor;
}

export class KeyValueCache {
  /** Rows of a sequence: a multiple of 4, so that a sequence alone and among others is summed in the same order. */
  readonly stride: number;
  readonly keys: readonly Tensor[];
  readonly values: readonly Tensor[];

  /** Throws ModelError where one layer's keys pass `maxBindingBytes`. */
  constructor(a: Architecture, sequences: number, maxTokens: number, maxBindingBytes: number) {
    this.stride = Math.ceil(maxTokens / 4) * 4;
    const { kvCols } = qkvSizes(a);
    const shape = [sequences * this.stride, kvCols];
    const layerBytes = storedBytes(sequences * this.stride * kvCols, 'f32');
    if (layerBytes > maxBindingBytes) {
      throw new ModelError(
        `${sequences} sequences of ${maxTokens} tokens need ${layerBytes} bytes of keys a layer; this GPU binds ${maxBindingBytes}. Take fewer or shorter sequences.`,
      );
    }
    this.keys = Array.from({ length: a.layers }, (_, layer) => newTensor(`keys ${layer}`, shape));
    this.values = Array.from({ length: a.layers }, (_, layer) => newTensor(`values ${layer}`, shape));
  }

  get tensors(): Tensor[] {
    return [...this.keys, ...this.values];
  }

  /** The keys and values of new rows into the cache. */
  append({ pass, model }: Context, layer: number, qkv: Tensor, cacheRow: Tensor): void {
    const t = { qkv, cacheRow, keys: this.keys[layer]!, values: this.values[layer]! };
    cacheAppend(pass, t, qkvSizes(model.architecture).kOffset);
  }

  /**
   * Attention of `rows` over the cache, into which their own keys and values go first. `isSpread`: no two rows are
   * neighbours in a sequence, so that there is nothing to gain from taking rows together.
   */
  attend({ keyStart, keyEnd, cacheRow }: CachedRows, isSpread: boolean): Attend {
    return (context, layer, qkv, out, lse) => {
      const { pass, model } = context;
      const { heads, kvHeads, headDim } = model.architecture;
      const sizes = { heads, kvHeads, headDim, scale: model.architecture.attentionScale(layer) };
      this.append(context, layer, qkv, cacheRow);
      const keys = this.keys[layer]!;
      const values = this.values[layer]!;
      if (isSpread) {
        cachedAttention(pass, { q: qkv, keys, values, keyStart, keyEnd, out }, sizes);
        return;
      }
      const k = { tensor: keys, offset: 0 };
      const v = { tensor: values, offset: 0 };
      attentionForward(pass, { q: columnsOfQkv(qkv, sizes).q, k, v, keyStart, keyEnd, out, lse }, sizes);
    };
  }
}
