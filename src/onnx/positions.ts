// What all layers share: which keys a query may see, as numbers added to its scores, and the rotary angles of its position.
import { type RotaryConfig, rotaryTable } from '../model/rotaryTable.ts';
import type { Graph } from './graph.ts';

export interface DecoderInputs {
  /** int64 [batch, length] */
  readonly inputIds: string;
  /** int64 [batch, past + length], 0 where there is padding. */
  readonly attentionMask: string;
  /** int64 [batch, length] */
  readonly positionIds: string;
}

/** Finite, so that a row of padding, which sees nothing, has no NaN. */
const HIDDEN = -1e30;

/**
 * f32 [batch, 1, length, past + length]: 0 where a query sees a key, else a large negative number. Queries are the last
 * `length` columns. They are counted in int64, which onnxruntime leaves to the CPU with all other shapes, and compared in
 * int32 on the GPU: nothing is read back.
 */
export function attentionBias(graph: Graph, inputs: DecoderInputs, slidingWindow: number | undefined): string {
  const size = (value: string) =>
    graph.node('Gather', [graph.node('Shape', [value]), graph.integers(1)], { attributes: { axis: 0 } });
  const [zero, one] = [graph.integers(0), graph.integers(1)];
  const total = size(inputs.attentionMask);
  const past = graph.node('Sub', [total, size(inputs.inputIds)]);
  const keys = graph.cast(graph.node('Range', [zero, total, one]), 'int32');
  const numbers = graph.node('Unsqueeze', [graph.node('Range', [past, total, one]), graph.integers([1])]);
  const queries = graph.cast(numbers, 'int32');
  const unless = (seen: string) => graph.node('Where', [seen, graph.float(0), graph.float(HIDDEN)]);
  let bias = unless(graph.node('LessOrEqual', [keys, queries]));
  if (slidingWindow !== undefined) {
    const distance = graph.node('Sub', [queries, keys]);
    const near = unless(graph.node('Less', [distance, graph.integers(slidingWindow, 'int32')]));
    bias = graph.node('Add', [bias, near]);
  }
  const isPadding = graph.node('Sub', [graph.float(1), graph.cast(inputs.attentionMask, 'float32')]);
  const padding = graph.node('Mul', [isPadding, graph.float(HIDDEN)]);
  return graph.node('Add', [bias, graph.node('Unsqueeze', [padding, graph.integers([1, 2])])]);
}

export interface RotaryAngles {
  /** f32 [batch, length, 1, headDim / 2] */
  readonly cos: string;
  readonly sin: string;
}

/** Of the table at a time. */
const PIECE_ROWS = 4096;

/** Looked up in a table, as the engine does: sines of large angles differ between GPUs. */
export function rotaryAngles(
  graph: Graph,
  { positionIds }: DecoderInputs,
  config: RotaryConfig,
  positions: number,
): RotaryAngles {
  const table = graph.weight({
    name: 'rotary.cos_sin',
    type: 'float32',
    shape: [positions, config.headDim],
    bytes: async function* () {
      for (let first = 0; first < positions; first += PIECE_ROWS) {
        yield new Uint8Array(rotaryTable(config, Math.min(PIECE_ROWS, positions - first), first).buffer);
      }
    },
  });
  const rows = graph.node('Gather', [table, positionIds], { attributes: { axis: 0 } });
  const [cos, sin] = graph.several('Split', [graph.node('Unsqueeze', [rows, graph.integers([2])])], [true, true], {
    attributes: { axis: 3 },
  });
  return { cos: cos!, sin: sin! };
}

/** x: [batch, length, heads, headDim], its halves as the two coordinates of each pair. */
export function rotate(graph: Graph, x: string, { cos, sin }: RotaryAngles): string {
  const [first = '', second = ''] = graph.several('Split', [x], [true, true], { attributes: { axis: 3 } });
  const product = (a: string, b: string) => graph.node('Mul', [a, b]);
  const turned = [
    graph.node('Sub', [product(first, cos), product(second, sin)]),
    graph.node('Add', [product(second, cos), product(first, sin)]),
  ];
  return graph.node('Concat', turned, { attributes: { axis: 3 } });
}
