// The arithmetic that one training step needs, counted from its sizes alone: a multiply-add is two operations; products
// only. What a kernel computes twice to save memory (attention's scores in backward) is counted once; attention by the
// pairs that are attended to; in the last block only what the rows that carry loss ask for. So a share of the ceiling made
// of this cannot be raised by doing more than is needed.
import type { StepSizes } from './stepProblem.ts';

/** Adapters on q, k, v and o of every layer; backward stops at the lowest adapted matrices. */
export function stepOperations(sizes: StepSizes): number {
  const { layers, hidden, length, batch, vocabulary, rank, lossTokens } = sizes;
  const tokens = batch * length;
  const lossRows = batch * lossTokens;
  const whole = block(sizes, tokens, (batch * length * (length + 1)) / 2);
  // The queries that carry loss are those before the last `lossTokens` tokens.
  const attended = (lossTokens * (length - lossTokens + length - 1)) / 2;
  const last = block(sizes, lossRows, batch * attended);
  const head = product(lossRows, hidden, vocabulary);
  // Nobody needs dX of the lowest layer's q, k and v.
  const lowestRows = layers === 1 ? lossRows : tokens;
  const unneeded = product(lowestRows, hidden, hidden) + 2 * product(tokens, hidden, hidden);
  const unneededLora = product(lowestRows, hidden, rank) + 2 * product(tokens, hidden, rank);
  return (
    (layers - 1) * (whole.forward + whole.backward) + last.forward + last.backward + 2 * head - unneeded - unneededLora
  );
}

function product(rows: number, inner: number, cols: number): number {
  return 2 * rows * inner * cols;
}

/** A block of which `rows` rows are wanted, whose queries attend to `pairs` keys. Keys and values are of all rows. */
function block({ hidden, mlp, batch, length, rank }: StepSizes, rows: number, pairs: number) {
  const tokens = batch * length;
  // q and o are of the wanted rows, k and v of all.
  const frozen =
    2 * product(rows, hidden, hidden) + 2 * product(tokens, hidden, hidden) + 2 * product(rows, hidden, mlp);
  // U = x·Aᵀ and U·Bᵀ; in backward V = dy·B, V·A, and the gradients of A and of B.
  const lora = 2 * 2 * (product(rows, hidden, rank) + product(tokens, hidden, rank));
  // Scores and values: two products of `hidden` multiply-adds for each pair; backward has four.
  const attention = 4 * pairs * hidden;
  return { forward: frozen + attention + lora, backward: frozen + 2 * attention + 2 * lora };
}
