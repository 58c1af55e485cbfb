// The dropout generator of shaders/shared/random.wgsl in plain integers: pcg3d (Jarzynski & Olano 2020, listing 1).

export function randomWord(counter: number, stream: number, seed: number): number {
  const v = [counter, stream, seed].map((word) => (Math.imul(word, 1664525) + 1013904223) >>> 0) as [
    number,
    number,
    number,
  ];
  const mix = () => {
    v[0] = (v[0] + Math.imul(v[1], v[2])) >>> 0;
    v[1] = (v[1] + Math.imul(v[2], v[0])) >>> 0;
    v[2] = (v[2] + Math.imul(v[0], v[1])) >>> 0;
  };
  mix();
  for (let i = 0; i < 3; i++) v[i] = (v[i]! ^ (v[i]! >>> 16)) >>> 0;
  mix();
  return v[0];
}

/** The mask of `count` elements: 0 with probability p, else 1/(1 − p). */
export function dropoutMask(count: number, p: number, stream: number, seed: number): Float64Array {
  const dropBelow = Math.min(0xffffffff, Math.round(p * 2 ** 32));
  return Float64Array.from({ length: count }, (_, i) => (randomWord(i, stream, seed) >= dropBelow ? 1 / (1 - p) : 0));
}
