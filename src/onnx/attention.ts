// Attention over the cache and the new tokens, from the operators that every runtime has. Query heads that share keys stand
// below each other as rows of one product, so keys and values are never repeated.
import type { FrozenVector } from '../model/frozenModel.ts';
import { type Builder, rmsNorm, vector } from './network.ts';
import { type RotaryAngles, rotate } from './positions.ts';

/** What a layer's attention needs that all layers share. */
export interface AttentionShared {
  /** f32 [batch, 1, length, past + length] */
  readonly bias: string;
  /** Undefined where positions are learned. */
  readonly angles: RotaryAngles | undefined;
  /** int64 [4]: batch, length, heads, headDim, and the same for key–value heads. */
  readonly queryShape: string;
  readonly keyShape: string;
}

export interface LayerQkv {
  /** f32 [batch · length, heads · headDim], and kvHeads · headDim */
  readonly q: string;
  readonly k: string;
  readonly v: string;
}

/** f32 [batch · length, heads · headDim]. Declares the layer's cache, as inputs and outputs. */
export function attention(
  b: Builder,
  layer: number,
  { q, k, v }: LayerQkv,
  shared: AttentionShared,
  norms: { readonly q: FrozenVector; readonly k: FrozenVector } | undefined,
): string {
  const { graph, architecture: a } = b;
  const heads = (value: string, shape: string) => graph.node('Reshape', [value, shape]);
  const positioned = (value: string, shape: string, headNorm: FrozenVector | undefined) => {
    let x = heads(value, shape);
    if (headNorm) x = rmsNorm(graph, x, vector(b, headNorm), a.norm.eps);
    return shared.angles ? rotate(graph, x, shared.angles) : x;
  };
  const headsFirst = (value: string) => graph.node('Transpose', [value], { attributes: { perm: [0, 2, 1, 3] } });
  const scaled = graph.node('Mul', [positioned(q, shared.queryShape, norms?.q), graph.float(a.attentionScale(layer))]);
  const queries = headsFirst(scaled);
  const keys = cached(b, `${layer}.key`, headsFirst(positioned(k, shared.keyShape, norms?.k)));
  const values = cached(b, `${layer}.value`, headsFirst(heads(v, shared.keyShape)));
  const groups = a.heads / a.kvHeads;
  const byKeyHead = (value: string, last: number) =>
    groups === 1 ? value : graph.reshape(value, [0, a.kvHeads, -1, last]);
  const byHead = (value: string, last: number) => (groups === 1 ? value : graph.reshape(value, [0, a.heads, -1, last]));
  const turnedKeys = graph.node('Transpose', [keys], { attributes: { perm: [0, 1, 3, 2] } });
  const scores = graph.node('MatMul', [byKeyHead(queries, a.headDim), turnedKeys]);
  // A zero in a shape keeps that dimension: here the keys', whose number is not known.
  const biased = graph.node('Add', [byHead(scores, 0), shared.bias]);
  const weights = graph.node('Softmax', [biased], { attributes: { axis: -1 } });
  const out = byHead(graph.node('MatMul', [byKeyHead(weights, 0), values]), a.headDim);
  return graph.reshape(headsFirst(out), [-1, a.heads * a.headDim]);
}

/** The cache, f32 (in f16 the keys of sharp attention move its scores too far), with the new heads [batch, kvHeads, length, headDim] behind it; what leaves is the whole. */
function cached({ graph, architecture: a }: Builder, name: string, fresh: string): string {
  const shape = (length: string) => ['batch_size', a.kvHeads, length, a.headDim];
  const past = graph.input(`past_key_values.${name}`, 'float32', shape('past_sequence_length'));
  const present = graph.node('Concat', [past, fresh], { attributes: { axis: 2 }, output: `present.${name}` });
  graph.output(present, 'float32', shape('total_sequence_length'));
  return present;
}
