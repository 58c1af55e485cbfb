// How an adapter starts: A Kaiming-uniform with a = sqrt(5), as PEFT and torch.nn.Linear start it, that is
// U(-1/sqrt(inFeatures), 1/sqrt(inFeatures)); B zero. (PyTorch's own bits are not reproduced, the distribution is.)
//
// Element i of A of one module is word i % 4 of the Philox draw with counter [i / 4, layer, target, 0] and key
// [seed, 'LoRA']: an adapter starts with the same bits alone and in a race, whatever other targets and layers train, and
// an adapter of rank 4 starts with the rows of one of rank 1.
import { TARGETS } from '../model/targets.ts';
import { type AdapterLayout, flatElements } from './adapterSet.ts';
import { philox4x32 } from './philox.ts';

const LORA = 0x4c6f5241;

/** Flat parameters of all layouts (flatElements of them), padding zero. `seeds`: one for each layout, 32-bit. */
export function initialParameters(
  layouts: readonly AdapterLayout[],
  seeds: readonly number[],
): Float32Array<ArrayBuffer> {
  if (seeds.length !== layouts.length) {
    throw new RangeError(`initialParameters: expected ${layouts.length} seeds, got ${seeds.length}`);
  }
  const parameters = new Float32Array(flatElements(layouts));
  layouts.forEach(({ modules }, which) => {
    for (const { layer, place, rank, aStart } of modules) {
      const a = parameters.subarray(aStart, aStart + rank * place.inFeatures);
      fillUniform(a, 1 / Math.sqrt(place.inFeatures), seeds[which]!, layer, TARGETS.indexOf(place.target));
    }
  });
  return parameters;
}

/** Overwrites `values` with numbers from (-bound, bound), evenly spread in steps of bound / 2^23. */
function fillUniform(values: Float32Array, bound: number, seed: number, layer: number, target: number): void {
  const words = new Uint32Array(4);
  const counter = [0, layer, target, 0];
  const key = [seed, LORA];
  for (let i = 0; i < values.length; i++) {
    if (i % 4 === 0) {
      counter[0] = i / 4;
      philox4x32(counter, key, words);
    }
    values[i] = bound * (((words[i % 4]! >>> 8) + 0.5) / 2 ** 23 - 1);
  }
}
