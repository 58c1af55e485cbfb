// Philox4x32-10, a counter-based generator: a pure function of a key and a counter, so that any draw can be made without
// the ones before it. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

/** The upper 32 bits of the product of two 32-bit words. */
function mulHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carried / 0x10000)) >>> 0;
}

/** Overwrites `words` (four of them) with the draw for this counter and key, all 32-bit words. */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, words: Uint32Array): void {
  let [c0, c1, c2, c3] = [counter[0]!, counter[1]!, counter[2]!, counter[3]!];
  let [k0, k1] = [key[0]!, key[1]!];
  for (let round = 0; round < ROUNDS; round++) {
    const next0 = mulHigh(M1, c2) ^ c1 ^ k0;
    const next2 = mulHigh(M0, c0) ^ c3 ^ k1;
    [c1, c3] = [Math.imul(M1, c2) >>> 0, Math.imul(M0, c0) >>> 0];
    [c0, c2] = [next0 >>> 0, next2 >>> 0];
    [k0, k1] = [(k0 + W0) >>> 0, (k1 + W1) >>> 0];
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}
