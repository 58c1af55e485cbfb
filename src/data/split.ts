// Training rows and validation rows. Examples with the same context go to the same side: a model that has seen a context
// in training would otherwise be praised for remembering its target.
import { permutation } from './random.ts';
import { DataError, type Example } from './types.ts';

export interface Split {
  /** Indices of examples, ascending. */
  train: number[];
  validation: number[];
}

/** A stream of its own, apart from the epochs of the data order. */
const splitStream = 0xffff_ffff;

/**
 * Sets about `fraction` of the examples aside, whole groups of one context at a time, in an order drawn from the seed.
 * At least one group stays on either side; with a single group, or a fraction of 0, all are for training.
 */
export function splitExamples(examples: readonly Pick<Example, 'context'>[], fraction: number, seed: number): Split {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new DataError(`validation: expected a fraction from 0 to below 1, got ${fraction}`);
  }
  const groups = new Map<string, number[]>();
  for (const [index, { context }] of examples.entries()) {
    const group = groups.get(context);
    if (group) group.push(index);
    else groups.set(context, [index]);
  }
  const byGroup = [...groups.values()];
  const wanted = fraction === 0 || byGroup.length < 2 ? 0 : Math.max(1, Math.round(examples.length * fraction));
  const validation: number[] = [];
  const train: number[] = [];
  const order = permutation(byGroup.length, seed, splitStream);
  for (const [place, which] of order.entries()) {
    const group = byGroup[which] ?? [];
    const isLastGroup = place === order.length - 1 && train.length === 0;
    // A group that would overshoot by more than it fills goes to training; a smaller one may follow.
    const missing = wanted - validation.length;
    const fits = missing > 0 && (group.length <= 2 * missing || validation.length === 0) && !isLastGroup;
    (fits ? validation : train).push(...group);
  }
  const ascending = (a: number, b: number) => a - b;
  return { train: train.sort(ascending), validation: validation.sort(ascending) };
}
