// The decoder as one graph: input_ids, attention_mask, position_ids and the cache in, logits and the cache out, under the
// names that transformers.js asks for. Left padding is a matter of mask and positions.
import { moduleKey } from '../adapters/adapterSet.ts';
import type { Architecture } from '../model/architecture.ts';
import {
  declareModel,
  type FrozenBlock,
  type FrozenMatrix,
  type FrozenModel,
  type FrozenNorm,
  parameterCount,
} from '../model/frozenModel.ts';
import type { LinearName } from '../model/linears.ts';
import { type AttentionShared, attention } from './attention.ts';
import { Graph } from './graph.ts';
import { activate, type Builder, linear, lookUp, type Matrix, norm, normOfSum, vector } from './network.ts';
import { type OpenMatrices, targetsOf, withOpenFactors } from './openMatrices.ts';
import { attentionBias, type DecoderInputs, rotaryAngles } from './positions.ts';
import type { OnnxDtype, StoredWeights } from './storedWeights.ts';

export interface GraphOptions {
  readonly dtype: OnnxDtype;
  /** Parameters of an f16 model at most for its products to be f32; default: as many as onnxruntime-web can widen. */
  readonly mostWidened?: number;
}

/**
 * Loading takes 2.7 times the bytes of the f16 weights where they are widened (3.2 GB for a model of Qwen3-0.6B's shape),
 * and WebAssembly's memory ends at 4 GB.
 */
const MOST_WIDENED = 650_000_000;

/** `open`: the matrices whose adapters are inputs. */
export function decoderGraph(
  a: Architecture,
  weights: StoredWeights,
  { dtype, mostWidened = MOST_WIDENED }: GraphOptions,
  open: OpenMatrices = new Set(),
): Graph {
  const graph = new Graph();
  const model = declareModel(a, 'f32', Number.MAX_SAFE_INTEGER);
  const productType = dtype === 'f16' && parameterCount(model) > mostWidened ? 'float16' : 'float32';
  const b: Builder = { graph, architecture: a, weights, dtype, productType, open, casts: new Map() };
  const inputs = decoderInputs(graph);
  // Rows of all sequences below each other: [batch · length, hidden].
  let stream: Stream = { x: graph.within('embed', () => embedded(b, model, inputs)) };
  const shared = graph.within('shared', () => sharedByLayers(b, inputs));
  for (const [layer, block] of model.blocks.entries()) {
    stream = graph.within(`layers.${layer}`, () => blockOutput(b, layer, block, stream, shared));
  }
  graph.within('head', () => {
    const logits = linear(b, normed(b, stream, model.finalNorm).y, table(model.head), undefined);
    const shape = withLast(graph, inputs.inputIds, [a.vocabularySize]);
    graph.node('Reshape', [logits, shape], { output: 'logits' });
    graph.output('logits', 'float32', ['batch_size', 'sequence_length', a.vocabularySize]);
  });
  return graph;
}

function decoderInputs(graph: Graph): DecoderInputs {
  return {
    inputIds: graph.input('input_ids', 'int64', ['batch_size', 'sequence_length']),
    attentionMask: graph.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']),
    positionIds: graph.input('position_ids', 'int64', ['batch_size', 'sequence_length']),
  };
}

/** The shape of `value` with more dimensions behind it. */
function withLast(graph: Graph, value: string, sizes: readonly number[]): string {
  return graph.node('Concat', [graph.node('Shape', [value]), graph.integers(sizes)], { attributes: { axis: 0 } });
}

/** A table of rows, by token unless it is small. */
function table({ stored, matrix }: FrozenMatrix, bits: 8 | 32 = 8): Matrix {
  return { stored: stored[0]!, cols: matrix.cols, bits };
}

function embedded(b: Builder, model: FrozenModel, { inputIds, positionIds }: DecoderInputs): string {
  const { graph, architecture } = b;
  let x = lookUp(b, table(model.embedding), inputIds);
  if (model.positions) x = graph.node('Add', [x, lookUp(b, table(model.positions, 32), positionIds)]);
  return graph.reshape(x, [-1, architecture.hiddenSize]);
}

function sharedByLayers({ graph, architecture: a }: Builder, inputs: DecoderInputs): AttentionShared {
  return {
    bias: attentionBias(graph, inputs, a.slidingWindow),
    angles: a.rotary && rotaryAngles(graph, inputs, a.rotary, a.maxPositions),
    queryShape: withLast(graph, inputs.inputIds, [a.heads, a.headDim]),
    keyShape: withLast(graph, inputs.inputIds, [a.kvHeads, a.headDim]),
  };
}

/** The residual stream, and what is still to be added to it: the next norm does that on its way. */
interface Stream {
  readonly x: string;
  readonly added?: string;
}

function normed(b: Builder, { x, added }: Stream, frozen: FrozenNorm): { y: string; x: string } {
  if (added === undefined) return { y: norm(b, x, frozen), x };
  const made = normOfSum(b, x, added, frozen);
  return { y: made.normed, x: made.sum };
}

function blockOutput(b: Builder, layer: number, block: FrozenBlock, stream: Stream, shared: AttentionShared): Stream {
  const { graph, architecture: a } = b;
  const parts = (name: LinearName, input: string) => linears(b, layer, block, name, input);
  const norms = block.qNorm && block.kNorm && { q: block.qNorm, k: block.kNorm };
  const mid = graph.within('attention', () => {
    const { y, x } = normed(b, stream, block.norm1);
    const [q = '', k = '', v = ''] = parts('qkv', y);
    return { x, added: parts('o', attention(b, layer, { q, k, v }, shared, norms))[0]! };
  });
  return graph.within('mlp', () => {
    const { y, x } = normed(b, mid, block.norm2);
    const [first = '', second = ''] = parts('up', y);
    const activated = activate(b, first);
    const inner = a.mlp.kind === 'gated' ? graph.node('Mul', [activated, second]) : activated;
    return { x, added: parts('down', inner)[0]! };
  });
}

/** One value for each target of the linear, with its open adapter, if it has one. */
function linears(b: Builder, layer: number, block: FrozenBlock, name: LinearName, x: string): string[] {
  const { graph, architecture: a } = b;
  const { weight, bias } = block.linears[name];
  const { cols } = weight.matrix;
  const products = weight.stored.map((stored, i) =>
    linear(b, x, { stored, cols, bits: 4 }, bias && vector(b, bias, i)),
  );
  const parts = name === 'qkv' && products.length === 1 ? splitFused(b, products[0]!) : products;
  return targetsOf(a, name).map((target, i) => {
    const y = parts[i]!;
    return b.open.has(moduleKey(layer, target)) ? withOpenFactors(graph, a, { layer, target, x, y }) : y;
  });
}

/** GPT-2's one product is cut into q, k and v. */
function splitFused({ graph, architecture: a }: Builder, product: string): string[] {
  const widths = [a.heads, a.kvHeads, a.kvHeads].map((heads) => heads * a.headDim);
  return graph.several('Split', [product, graph.integers(widths)], [true, true, true], { attributes: { axis: 1 } });
}
