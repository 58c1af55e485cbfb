// Counter-based pseudo-random numbers: a pure function of (seed, stream, counter), so that any place in a sequence can
// be computed without the ones before it. That is what makes a resumed run see the rows the first run would have seen.

/** murmur3's 32-bit finalizer (Appleby, public domain): every input bit changes every output bit with about even odds. */
function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of three counters. `seed` may be any non-negative safe integer, `stream` and `counter` are 32-bit. */
export function hash32(seed: number, stream: number, counter: number): number {
  const low = mix((seed >>> 0) + 0x9e3779b9);
  const high = mix(low ^ Math.floor(seed / 2 ** 32));
  return mix(mix(high ^ mix(stream + 0x7f4a7c15)) ^ mix(counter + 0x94d049bb));
}

/** A whole number in [0, bound), from the hash's 32 bits by multiplication (bias below bound / 2^32). */
function hashBelow(bound: number, seed: number, stream: number, counter: number): number {
  return Math.floor((hash32(seed, stream, counter) / 2 ** 32) * bound);
}

/** The numbers 0 … count-1 in a random order: Fisher–Yates from the end, draw i taken from counter i of the stream. */
export function permutation(count: number, seed: number, stream: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = hashBelow(i + 1, seed, stream, i);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
