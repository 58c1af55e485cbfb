// What the rows said, kept beside their tokens for a person or another program to read: as bytes, since a million rows of
// strings take several times the file, and a collector's time with every look at them.
import { GrowingNumbers } from './growingNumbers.ts';
import type { Chat, Example, Pair, Passage } from './types.ts';

/** An example without what only reading it needed. */
export type KeptExample = Omit<Pair, 'context'> | Omit<Chat, 'context'> | Passage;

/** Things in their order; an array is one. */
export interface Sequence<T> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
}

const CHUNK_BYTES = 1 << 20;

export class ExampleStore {
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #chunks: Uint8Array[] = [];
  /** Where each example lies: its chunk, and from and before which byte. */
  readonly #places = new GrowingNumbers();
  #used = CHUNK_BYTES;

  get length(): number {
    return this.#places.length / 3;
  }

  add(example: Example): void {
    const text = JSON.stringify(keptOf(example));
    // A UTF-16 unit takes three bytes at most.
    if (this.#used + 3 * text.length > (this.#chunks.at(-1)?.length ?? 0)) {
      this.#chunks.push(new Uint8Array(Math.max(CHUNK_BYTES, 3 * text.length)));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    const { written } = this.#encoder.encodeInto(text, chunk.subarray(this.#used));
    for (const place of [this.#chunks.length - 1, this.#used, this.#used + written]) this.#places.push(place);
    this.#used += written;
  }

  at(index: number): KeptExample {
    const [chunk, start, end] = [0, 1, 2].map((field) => this.#places.at(3 * index + field));
    return JSON.parse(this.#decoder.decode(this.#chunks[chunk!]!.subarray(start, end)));
  }

  /** Those at these places, in this order. */
  pick(places: Uint32Array): Sequence<KeptExample> {
    const at = (index: number) => this.at(places[index]!);
    return {
      length: places.length,
      at,
      *[Symbol.iterator]() {
        for (let i = 0; i < places.length; i++) yield at(i);
      },
    };
  }
}

function keptOf(example: Example): KeptExample {
  if (example.kind === 'text') return example;
  const { context: _, ...kept } = example;
  return kept;
}
