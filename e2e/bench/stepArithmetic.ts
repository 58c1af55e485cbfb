// The arithmetic that one training step needs, counted from its sizes alone: a multiply-add is two operations; products
// only. What a kernel computes twice to save memory (attention's scores in backward) is counted once, and attention by the
// pairs that are attended to, so a share of the ceiling made of this cannot be raised by doing more.
import type { StepSizes } from './stepProblem.ts';

/** Adapters on q, k, v and o of every layer; backward stops at the lowest adapted matrix. */
export function stepOperations(sizes: StepSizes): number {
  const { layers, hidden, mlp, length, batch, vocabulary, rank, lossTokens } = sizes;
  const tokens = batch * length;
  const product = (rows: number, inner: number, cols: number) => 2 * rows * inner * cols;
  const frozen =
    product(tokens, hidden, 3 * hidden) + product(tokens, hidden, hidden) + 2 * product(tokens, hidden, mlp);
  const pairs = (batch * length * (length + 1)) / 2;
  // Scores and values: 2 products of `hidden` multiply-adds for each pair; backward has four.
  const attention = 4 * pairs * hidden;
  // U = x·Aᵀ and U·Bᵀ on four matrices; backward: V = dy·B, V·A, and the gradients of A and of B.
  const lora = 4 * 2 * product(tokens, hidden, rank);
  const head = product(batch * lossTokens, hidden, vocabulary);
  const forward = layers * (frozen + attention + lora) + head;
  // Nobody needs dX of the lowest layer's q, k and v.
  const unneeded = product(tokens, hidden, 3 * hidden) + 3 * product(tokens, hidden, rank);
  const backward = layers * (frozen + 2 * attention + 2 * lora) + head - unneeded;
  return forward + backward;
}
