/**
 * llama.cpp rotates neighbouring elements of a head, transformers an element of the first half with one of the second.
 * So files of the llama architecture hold the rows of q and k in another order: of each head, row 2i + j is row
 * j·(headDim / 2) + i here. A source that hands the rows out in transformers' order undoes it, block by block.
 * Source: llama.cpp, `convert_hf_to_gguf.py` (`permute`).
 */
import { type ByteSource, checkRange } from './byteSource.ts';

/** The rows of one stored tensor: `offset` and `sizeBytes` in `source`, `rowBytes` each, whole heads of `headDim` rows. */
export interface HeadRows {
  offset: number;
  sizeBytes: number;
  rowBytes: number;
  headDim: number;
}

export function unpermutedRows(source: ByteSource, { offset, sizeBytes, rowBytes, headDim }: HeadRows): ByteSource {
  const headBytes = headDim * rowBytes;
  return {
    name: source.name,
    sizeBytes,
    async read(start, length) {
      checkRange(source.name, sizeBytes, start, length);
      const first = Math.floor(start / headBytes) * headBytes;
      const end = Math.min(sizeBytes, Math.ceil((start + length) / headBytes) * headBytes);
      const stored = await source.read(offset + first, end - first);
      const rows = reorderedHeads(stored, rowBytes, headDim, 'fromGguf');
      return rows.slice(start - first, start - first + length);
    },
  };
}

/** Whole heads of `headDim` rows, `rowBytes` each, from GGUF's order into transformers' or the other way. */
export function reorderedHeads(
  rows: Uint8Array,
  rowBytes: number,
  headDim: number,
  direction: 'fromGguf' | 'toGguf',
): Uint8Array<ArrayBuffer> {
  const headBytes = headDim * rowBytes;
  const half = headDim / 2;
  const reordered = new Uint8Array(rows.length);
  for (let head = 0; head < rows.length; head += headBytes) {
    for (let row = 0; row < headDim; row++) {
      const ours = head + row * rowBytes;
      const theirs = head + (2 * (row % half) + Math.floor(row / half)) * rowBytes;
      const [from, to] = direction === 'fromGguf' ? [theirs, ours] : [ours, theirs];
      reordered.set(rows.subarray(from, from + rowBytes), to);
    }
  }
  return reordered;
}
