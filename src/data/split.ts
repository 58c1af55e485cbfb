// Training rows and validation rows. Examples with the same context go to the same side: a model that has seen a context
// in training would otherwise be praised for remembering its target.
import { permutation } from './random.ts';
import { DataError } from './types.ts';

export interface Split {
  /** Indices of examples, ascending. */
  train: Uint32Array;
  validation: Uint32Array;
}

/** A stream of its own, apart from the epochs of the data order. */
const splitStream = 0xffff_ffff;

/**
 * Sets about `fraction` of the examples aside, whole groups of one context at a time, in an order drawn from the seed.
 * At least one group stays on either side; with a single group, or a fraction of 0, all are for training. `contexts`:
 * a number for each example, equal where the context is (`textHash`).
 */
export function splitExamples(
  contexts: { readonly length: number; at(index: number): number | undefined },
  fraction: number,
  seed: number,
): Split {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new DataError(`validation: expected a fraction from 0 to below 1, got ${fraction}`);
  }
  const groups = new Map<number, number>();
  const sizes: number[] = [];
  const groupOf = new Uint32Array(contexts.length);
  for (let i = 0; i < contexts.length; i++) {
    const context = contexts.at(i)!;
    const group = groups.get(context) ?? sizes.length;
    if (group === sizes.length) {
      groups.set(context, group);
      sizes.push(0);
    }
    sizes[group]!++;
    groupOf[i] = group;
  }
  const wanted = fraction === 0 || sizes.length < 2 ? 0 : Math.max(1, Math.round(contexts.length * fraction));
  const isHeldOut = new Uint8Array(sizes.length);
  let heldOut = 0;
  let kept = 0;
  for (const [place, group] of permutation(sizes.length, seed, splitStream).entries()) {
    const size = sizes[group]!;
    const isLastGroup = place === sizes.length - 1 && kept === 0;
    // A group that would overshoot by more than it fills goes to training; a smaller one may follow.
    const missing = wanted - heldOut;
    const fits = missing > 0 && (size <= 2 * missing || heldOut === 0) && !isLastGroup;
    isHeldOut[group] = fits ? 1 : 0;
    if (fits) heldOut += size;
    else kept += size;
  }
  const indices = Uint32Array.from(groupOf, (_, i) => i);
  return {
    train: indices.filter((i) => isHeldOut[groupOf[i]!] === 0),
    validation: indices.filter((i) => isHeldOut[groupOf[i]!] === 1),
  };
}
