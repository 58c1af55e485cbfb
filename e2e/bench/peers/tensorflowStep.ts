// The step in TensorFlow.js on WebGPU, as its users would write it: variables for A and B only, gradients by
// variableGrads, its own Adam, weight decay before it. Biases are added apart from the products: the fused product would
// compute the gradient of every frozen weight.
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import { ADAMW, type StepProblem } from '../stepProblem.ts';
import type { PeerStep } from './peerStep.ts';

type Adapters = Record<string, { a: tf.Variable; b: tf.Variable }>;

/** Opens TensorFlow.js on `navigator.gpu`. */
export async function openTensorflowStep(problem: StepProblem): Promise<PeerStep> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU');
  await tf.ready();
  const { sizes, layout, start } = problem;
  const weights: Record<string, tf.Tensor> = {};
  for (const [name, { shape, values }] of problem.weights) weights[name] = tf.tensor(values, [...shape]);
  const adapters: Adapters = {};
  for (const { layer, place, rank, aStart, bStart } of layout.modules) {
    const a = start.slice(aStart, aStart + rank * place.inFeatures);
    const b = start.slice(bStart, bStart + rank * place.colCount);
    adapters[`${layer}.${place.target}`] = {
      a: tf.variable(tf.tensor(a, [rank, place.inFeatures])),
      b: tf.variable(tf.tensor(b, [place.colCount, rank])),
    };
  }
  const variables = Object.values(adapters).flatMap(({ a, b }) => [a, b]);
  const ids = tf.tensor(Int32Array.from(problem.rows.flatMap((row) => [...row.ids])), undefined, 'int32');
  const targets = Int32Array.from(problem.rows.flatMap((row) => [...row.ids.subarray(-sizes.lossTokens)]));
  const labels = tf.tidy(() => tf.oneHot(tf.tensor(targets, undefined, 'int32'), sizes.vocabulary).cast('float32'));
  const mask = tf.tensor(
    Float32Array.from({ length: sizes.length ** 2 }, (_, i) =>
      i % sizes.length <= Math.floor(i / sizes.length) ? 0 : -1e9,
    ),
    [sizes.length, sizes.length],
  );
  const { learningRate, beta1, beta2, eps, weightDecay } = ADAMW;
  const optimizer = tf.train.adam(learningRate, beta1, beta2, eps);
  return {
    async step() {
      const { value, grads } = tf.variableGrads(() => lossOf(problem, adapters, weights, ids, labels, mask), variables);
      tf.tidy(() => {
        for (const variable of variables) variable.assign(variable.mul(1 - learningRate * weightDecay));
      });
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      tf.dispose(grads);
      const [loss = Number.NaN] = await value.data();
      value.dispose();
      await variables.at(-1)!.data();
      return loss;
    },
    async close() {
      optimizer.dispose();
      tf.dispose([weights, variables, ids, labels, mask]);
    },
  };
}

function lossOf(
  { sizes, layout }: StepProblem,
  adapters: Adapters,
  weights: Record<string, tf.Tensor>,
  ids: tf.Tensor,
  labels: tf.Tensor,
  mask: tf.Tensor,
): tf.Tensor {
  const { layers, hidden, heads, length, batch, lossTokens } = sizes;
  const headDim = hidden / heads;
  const scaling = layout.modules[0]!.scaling;
  const linear = (x: tf.Tensor, name: string) => tf.matMul(x, weights[`${name}.weight`]!).add(weights[`${name}.bias`]!);
  const norm = (x: tf.Tensor, name: string) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(weights[`${name}.weight`]!).add(weights[`${name}.bias`]!);
  };
  const lora = (x: tf.Tensor, key: string) => {
    const { a, b } = adapters[key]!;
    return tf.matMul(tf.matMul(x, a, false, true), b, false, true).mul(scaling);
  };
  const split = (x: tf.Tensor) => x.reshape([batch, length, heads, headDim]).transpose([0, 2, 1, 3]);

  let x = tf
    .gather(weights['wte.weight']!, ids)
    .reshape([batch, length, hidden])
    .add(weights['wpe.weight']!)
    .reshape([batch * length, hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `h.${layer}`;
    const normed = norm(x, `${at}.ln_1`);
    const parts = tf.split(linear(normed, `${at}.attn.c_attn`), 3, -1);
    const [q, k, v] = (['q', 'k', 'v'] as const).map((name, i) =>
      split(parts[i]!.add(lora(normed, `${layer}.${name}`))),
    );
    const scores = tf
      .matMul(q!, k!, false, true)
      .mul(1 / Math.sqrt(headDim))
      .add(mask);
    const out = tf
      .matMul(tf.softmax(scores), v!)
      .transpose([0, 2, 1, 3])
      .reshape([batch * length, hidden]);
    x = x.add(linear(out, `${at}.attn.c_proj`)).add(lora(out, `${layer}.o`));
    x = x.add(linear(gelu(linear(norm(x, `${at}.ln_2`), `${at}.mlp.c_fc`)), `${at}.mlp.c_proj`));
  }
  const last = x.reshape([batch, length, hidden]).slice([0, length - lossTokens - 1, 0], [batch, lossTokens, hidden]);
  const rows = norm(last.reshape([batch * lossTokens, hidden]), 'ln_f');
  const logits = tf.matMul(rows, weights['wte.weight']!, false, true);
  return tf.losses.softmaxCrossEntropy(labels, logits).asScalar();
}

/** 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) */
function gelu(x: tf.Tensor): tf.Tensor {
  const inner = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(0.5).mul(inner.tanh().add(1));
}
