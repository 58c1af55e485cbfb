// Adapters as generation and logits need them: any mix of adapters and the frozen model alone among the rows of one
// batch. A plan is sized once for the worst mix; which adapter each block of rows meets, and how strongly, is only the
// words of the group tables, so switching adapters or their strength builds nothing.
import { newTensor, type Tensor } from '../gpu/tensor.ts';
import { type RowGroup, roomierTable } from '../ops/loraSegments.ts';
import type { FrozenModel } from './frozenModel.ts';
import type { LinearName } from './linears.ts';
import { type Attachment, attach } from './network.ts';

/** Which adapter answers, by its place in the set; undefined is the frozen model alone. */
export interface AdapterChoice {
  readonly adapter: number | undefined;
  /** Multiplies the adapter's scaling: 0 is the frozen model, 1 the adapter as trained. */
  readonly strength: number;
}

export const FROZEN: AdapterChoice = { adapter: undefined, strength: 1 };

/** Consecutive rows of a batch that meet the same adapter. */
export interface RowBlock {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly choice: AdapterChoice;
}

export interface AnsweringAdapters {
  /** How many adapters there are to choose from. */
  readonly count: number;
  /** Flat A and B of all of them, placed. */
  readonly parameters: Tensor;
  /** The row groups of one linear, one a block; undefined where no adapter of the set touches it. Without dropout. */
  readonly groupsOf: (layer: number, linear: LinearName, blocks: readonly RowBlock[]) => RowGroup[] | undefined;
}

/** Attached for `rows` rows that all meet the same adapter. */
export function attachOne(
  model: FrozenModel,
  adapters: AnsweringAdapters,
  rows: number,
  choice: AdapterChoice,
): Attachment {
  const tableWords = tableWordsFor(model, adapters, [{ rowStart: 0, rowCount: rows, choice }], 1);
  return { ...attachAny(model, adapters, rows, 1), tableWords };
}

/** Attached for `rows` rows in up to `blocks` blocks, sized for any mix. */
export function attachAny(model: FrozenModel, adapters: AnsweringAdapters, rows: number, blocks: number): Attachment {
  const withAdapter = (adapter: number) => {
    const all: RowBlock = { rowStart: 0, rowCount: rows, choice: { adapter, strength: 1 } };
    return attachBlocks(model, adapters, padBlocks([all], blocks));
  };
  const first = withAdapter(0);
  const linears = new Map(first.linears);
  for (let adapter = 0; adapter < adapters.count; adapter++) {
    for (const [key, { table }] of withAdapter(adapter).linears) {
      const known = linears.get(key)!;
      linears.set(key, { ...known, table: roomierTable(known.table, table) });
    }
  }
  return { ...first, linears };
}

/** The words of an attachment's tables for this mix of rows. */
export function tableWordsFor(
  model: FrozenModel,
  adapters: AnsweringAdapters,
  blocks: readonly RowBlock[],
  count: number,
): Uint32Array<ArrayBuffer> {
  return attachBlocks(model, adapters, padBlocks(blocks, count)).tableWords;
}

function attachBlocks(model: FrozenModel, adapters: AnsweringAdapters, blocks: readonly RowBlock[]): Attachment {
  // Dropout is off, so no kernel reads the step record.
  const tensors = { parameters: adapters.parameters, gradients: undefined, step: newTensor('no step', [1]) };
  return attach(model, tensors, (layer, linear) => adapters.groupsOf(layer, linear, blocks));
}

/** Empty blocks up to `count`. */
function padBlocks(blocks: readonly RowBlock[], count: number): RowBlock[] {
  const end = blocks.reduce((last, { rowStart, rowCount }) => Math.max(last, rowStart + rowCount), 0);
  const empty = { rowStart: end, rowCount: 0, choice: FROZEN };
  return Array.from({ length: count }, (_, i) => blocks[i] ?? empty);
}
