// The pieces that decoders are made of, as nodes: products, norms, activations. All values between them are f32. Matrices
// stored in f16 are widened before they are multiplied: onnxruntime's WebGPU sums f16 products in f16, and with that loses
// half a percent of the logits even where rows are short. It widens them once, as it loads the model.
import type { Architecture } from '../model/architecture.ts';
import type { FrozenNorm, FrozenVector, StoredRows } from '../model/frozenModel.ts';
import { type Bits, BLOCK } from './blockQuantize.ts';
import type { Graph } from './graph.ts';
import { MICROSOFT } from './modelFile.ts';
import type { OpenMatrices } from './openMatrices.ts';
import { quantizedWeight } from './quantizedWeights.ts';
import { type FloatType, floatWeight, type OnnxDtype, type StoredWeights } from './storedWeights.ts';

/** A graph on its way, and where its weights come from. */
export interface Builder {
  readonly graph: Graph;
  readonly architecture: Architecture;
  readonly weights: StoredWeights;
  readonly dtype: OnnxDtype;
  readonly open: OpenMatrices;
  /** What products with weights are computed in: f32, but f16 where the widened matrices would not fit into memory. */
  readonly productType: FloatType;
  /** Values already cast, by value and type: a matrix that is embedding and head is widened once. */
  readonly casts: Map<string, string>;
}

function cast({ graph, casts }: Builder, value: string, to: FloatType): string {
  const key = `${to} ${value}`;
  const made = casts.get(key) ?? graph.cast(value, to);
  casts.set(key, made);
  return made;
}

/** A stored matrix in the products' type. */
function storedMatrix(b: Builder, { name }: StoredRows): string {
  if (b.dtype !== 'f16') return b.graph.weight(floatWeight(b.weights, name, 'float32'));
  const stored = b.graph.weight(floatWeight(b.weights, name, 'float16'));
  return b.productType === 'float16' ? stored : cast(b, stored, 'float32');
}

/** A stored vector, f32. */
export function vector({ graph, weights }: Builder, { stored }: FrozenVector, index = 0): string {
  return graph.weight(floatWeight(weights, stored[index]!.name, 'float32'));
}

/** A stored matrix, [out, in] as it is multiplied. */
export interface Matrix {
  readonly stored: StoredRows;
  /** Its inputs. */
  readonly cols: number;
  /** Of each weight where the dtype is q4; 32 in any case for what is small. */
  readonly bits: Bits | 32;
}

/** Blocks do not cut rows: a matrix whose rows they do not divide stays f32. */
export function isInBlocks({ dtype }: Pick<Builder, 'dtype'>, cols: number): boolean {
  return dtype === 'q4' && cols % BLOCK === 0;
}

/** x [rows, in] · Wᵀ + bias → [rows, out], f32 in and out. */
export function linear(b: Builder, x: string, { stored, cols, bits }: Matrix, bias: string | undefined): string {
  const { graph, weights, productType } = b;
  if (bits !== 32 && isInBlocks(b, cols)) {
    const blocks = quantizedWeight(weights, stored, cols, bits);
    const parts = [blocks.data, blocks.scales, ...(blocks.zeroPoints ? [blocks.zeroPoints] : [])];
    const product = graph.node('MatMulNBits', [x, ...parts.map((part) => graph.weight(part))], {
      domain: MICROSOFT,
      attributes: { K: cols, N: stored.rows, bits, block_size: BLOCK },
    });
    return bias ? graph.node('Add', [product, bias]) : product;
  }
  const weight = storedMatrix(b, stored);
  const attributes = { transB: stored.transposed ? 0 : 1 };
  if (productType === 'float32') return graph.node('Gemm', bias ? [x, weight, bias] : [x, weight], { attributes });
  const product = graph.cast(graph.node('Gemm', [cast(b, x, 'float16'), weight], { attributes }), 'float32');
  return bias ? graph.node('Add', [product, bias]) : product;
}

/** Rows of a stored table by int64 ids [batch, length] → f32 [batch, length, cols]. */
export function lookUp(b: Builder, { stored, cols, bits }: Matrix, ids: string): string {
  const { graph, weights, productType } = b;
  const gather = (table: string) => graph.node('Gather', [table, ids], { attributes: { axis: 0 } });
  if (bits !== 8 || !isInBlocks(b, cols)) {
    const rows = gather(storedMatrix(b, stored));
    return productType === 'float32' ? rows : graph.cast(rows, 'float32');
  }
  // Of standard operators: GatherBlockQuantized is not in every build of onnxruntime-web.
  const { data, scales } = quantizedWeight(weights, stored, cols, bits);
  const integers = graph.node('Sub', [graph.cast(gather(graph.weight(data)), 'float32'), graph.float(128)]);
  const byBlock = graph.node('Unsqueeze', [gather(graph.weight(scales)), graph.integers([3])]);
  return graph.reshape(graph.node('Mul', [integers, byBlock]), [0, 0, cols]);
}

/** Over the last axis. */
export function norm(b: Builder, x: string, frozen: FrozenNorm): string {
  const { graph, architecture } = b;
  const { kind, eps } = architecture.norm;
  if (kind === 'rms') return rmsNorm(graph, x, vector(b, frozen.weight), eps);
  return graph.node('LayerNormalization', [x, ...normWeights(b, frozen)], {
    attributes: { axis: -1, epsilon: { float: eps } },
  });
}

/** The norm of x + y, and the sum itself, in one step: [rows, hidden]. */
export function normOfSum(b: Builder, x: string, y: string, frozen: FrozenNorm): { normed: string; sum: string } {
  const { graph, architecture } = b;
  const { kind, eps } = architecture.norm;
  const op = kind === 'rms' ? 'SkipSimplifiedLayerNormalization' : 'SkipLayerNormalization';
  // Its second and third results, mean and deviation, are for training.
  const [normed = '', , , sum = ''] = graph.several(op, [x, y, ...normWeights(b, frozen)], [true, false, false, true], {
    domain: MICROSOFT,
    attributes: { epsilon: { float: eps } },
  });
  return { normed, sum };
}

function normWeights(b: Builder, { weight, bias }: FrozenNorm): string[] {
  return [vector(b, weight), ...(bias ? [vector(b, bias)] : [])];
}

/** x / sqrt(mean(x²) + eps) · weight, in the steps that onnxruntime fuses into one. */
export function rmsNorm(graph: Graph, x: string, weight: string, eps: number): string {
  const square = graph.node('Pow', [x, graph.float(2)]);
  const mean = graph.node('ReduceMean', [square], { attributes: { axes: [-1], keepdims: 1 } });
  const root = graph.node('Sqrt', [graph.node('Add', [mean, graph.float(eps)])]);
  return graph.node('Mul', [graph.node('Div', [x, root]), weight]);
}

/** act(x), in the steps that onnxruntime fuses. */
export function activate({ graph, architecture }: Builder, x: string): string {
  switch (architecture.mlp.activation) {
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    case 'relu':
      return graph.node('Relu', [x]);
    case 'gelu': {
      const erf = graph.node('Erf', [graph.node('Div', [x, graph.float(Math.SQRT2)])]);
      return halfOf(graph, x, erf);
    }
    case 'geluTanh': {
      const cube = graph.node('Mul', [graph.node('Pow', [x, graph.float(3)]), graph.float(0.044715)]);
      const inner = graph.node('Mul', [graph.node('Add', [x, cube]), graph.float(Math.sqrt(2 / Math.PI))]);
      return halfOf(graph, x, graph.node('Tanh', [inner]));
    }
  }
}

/** x (1 + y) / 2 */
function halfOf(graph: Graph, x: string, y: string): string {
  return graph.node('Mul', [graph.node('Mul', [x, graph.node('Add', [y, graph.float(1)])]), graph.float(0.5)]);
}
