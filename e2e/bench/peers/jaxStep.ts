// The step in jax-js, as its users would write it: jit over value, gradient and AdamW by hand. `barrier` pads by a column
// and slices it off again: jax-js writes out what it pads, and without that it computes activations and logits anew inside
// the products that read them, which is several times slower.
//
// Ownership: jax-js consumes an array where it is used; `.ref` keeps it. Within a traced function `.ref` is free.
import * as jax from '@jax-js/jax';
import { ADAMW, type StepProblem } from '../stepProblem.ts';
import type { PeerStep } from './peerStep.ts';

const { numpy: np, nn } = jax;
type Array_ = jax.Array;

interface Adapters {
  [module: string]: { a: Array_; b: Array_ };
}
type Weights = Record<string, Array_>;

/** Opens jax-js on `navigator.gpu` and compiles the step. */
export async function openJaxStep(problem: StepProblem): Promise<PeerStep> {
  const available = await jax.init('webgpu');
  if (!available.includes('webgpu')) throw new Error('jax-js found no WebGPU');
  jax.defaultDevice('webgpu');
  const { sizes, layout, start } = problem;
  const weights: Weights = {};
  for (const [name, { shape, values }] of problem.weights) weights[name] = np.array(values, { shape: [...shape] });
  const adapters: Adapters = {};
  for (const { layer, place, rank, aStart, bStart } of layout.modules) {
    const a = start.slice(aStart, aStart + rank * place.inFeatures);
    const b = start.slice(bStart, bStart + rank * place.colCount);
    adapters[`${layer}.${place.target}`] = {
      a: np.array(a, { shape: [rank, place.inFeatures] }),
      b: np.array(b, { shape: [place.colCount, rank] }),
    };
  }
  const ids = np.array(Int32Array.from(problem.rows.flatMap((row) => [...row.ids])), {
    shape: [sizes.batch * sizes.length],
    dtype: np.int32,
  });
  const targets = np.array(Int32Array.from(problem.rows.flatMap((row) => [...row.ids.subarray(-sizes.lossTokens)])), {
    shape: [sizes.batch * sizes.lossTokens],
    dtype: np.int32,
  });
  const gradient = jax.valueAndGrad((current: Adapters, frozen: Weights, tokens: Array_, labels: Array_) =>
    lossOf(problem, current, frozen, tokens, labels),
  );
  const update = jax.jit(
    (
      p: Adapters,
      m: Adapters,
      v: Adapters,
      frozen: Weights,
      tokens: Array_,
      labels: Array_,
      scale: Array_,
      root: Array_,
    ) => {
      const [loss, g] = gradient(jax.tree.ref(p), frozen, tokens, labels);
      const { beta1, beta2, eps, learningRate, weightDecay } = ADAMW;
      const each = (f: (...xs: Array_[]) => Array_, ...trees: Adapters[]) =>
        jax.tree.map(f, trees[0]!, ...trees.slice(1));
      const first = each((mi, gi) => mi.mul(beta1).add(gi.ref.mul(1 - beta1)), m, jax.tree.ref(g));
      const second = each((vi, gi) => vi.mul(beta2).add(gi.ref.mul(gi).mul(1 - beta2)), v, g);
      const parameters = each(
        (pi, mi, vi) =>
          pi.mul(1 - learningRate * weightDecay).sub(mi.ref.mul(scale.ref).div(np.sqrt(vi.ref).mul(root.ref).add(eps))),
        p,
        first,
        second,
      );
      return { loss, parameters, first, second };
    },
  );
  const zeros = (tree: Adapters) => jax.tree.map((x: Array_) => np.zeros(x.shape), tree);
  let state = { p: adapters, m: zeros(adapters), v: zeros(adapters), taken: 0 };
  return {
    async step() {
      const taken = state.taken + 1;
      const scale = np.array(ADAMW.learningRate / (1 - ADAMW.beta1 ** taken));
      const root = np.array(1 / Math.sqrt(1 - ADAMW.beta2 ** taken));
      const { p, m, v } = state;
      const { loss, parameters, first, second } = update(
        p,
        m,
        v,
        jax.tree.ref(weights),
        ids.ref,
        targets.ref,
        scale,
        root,
      );
      await jax.blockUntilReady([parameters, first, second]);
      state = { p: parameters, m: first, v: second, taken };
      return (await loss.data())[0]!;
    },
    async close() {
      jax.tree.dispose([state.p, state.m, state.v, weights, ids, targets]);
    },
  };
}

function lossOf(
  { sizes, layout }: StepProblem,
  adapters: Adapters,
  weights: Weights,
  ids: Array_,
  targets: Array_,
): Array_ {
  const { layers, hidden, heads, length, batch, lossTokens, vocabulary } = sizes;
  const headDim = hidden / heads;
  const scaling = layout.modules[0]!.scaling;
  const weight = (name: string) => weights[name]!.ref;
  const linear = (x: Array_, name: string) => np.matmul(x, weight(`${name}.weight`)).add(weight(`${name}.bias`));
  const norm = (x: Array_, name: string) => {
    const centred = x.ref.sub(x.ref.mean(-1, { keepdims: true }));
    const variance = centred.ref.mul(centred.ref).mean(-1, { keepdims: true });
    return centred.ref
      .mul(np.reciprocal(np.sqrt(variance.add(1e-5))))
      .mul(weight(`${name}.weight`))
      .add(weight(`${name}.bias`));
  };
  const lora = (x: Array_, key: string) => {
    const { a, b } = adapters[key]!;
    return np.matmul(np.matmul(x.ref, a.ref.transpose()), b.ref.transpose()).mul(scaling);
  };
  const split = (x: Array_) => x.reshape([batch, length, heads, headDim]).transpose([0, 2, 1, 3]);
  const mask = np.tri(length, length, 0, { dtype: np.bool });

  let x = weight('wte.weight')
    .slice(ids)
    .reshape([batch, length, hidden])
    .add(weight('wpe.weight'))
    .reshape([batch * length, hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `h.${layer}`;
    const normed = norm(x.ref, `${at}.ln_1`);
    const qkv = linear(normed.ref, `${at}.attn.c_attn`);
    const [q, k, v] = (['q', 'k', 'v'] as const).map((name, i) =>
      split(qkv.ref.slice([], [i * hidden, (i + 1) * hidden]).add(lora(normed.ref, `${layer}.${name}`))),
    );
    const scores = np.matmul(q!, k!.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(headDim));
    const attention = nn.softmax(np.where(mask.ref, scores, -1e30), -1);
    const out = np
      .matmul(attention, v!)
      .transpose([0, 2, 1, 3])
      .reshape([batch * length, hidden]);
    x = x.add(linear(out.ref, `${at}.attn.c_proj`)).add(lora(out.ref, `${layer}.o`));
    const up = barrier(linear(norm(x.ref, `${at}.ln_2`), `${at}.mlp.c_fc`));
    x = x.add(linear(nn.gelu(up), `${at}.mlp.c_proj`));
  }
  const lossRows = norm(x, 'ln_f')
    .reshape([batch, length, hidden])
    .slice([], [length - lossTokens - 1, length - 1], []);
  const logits = barrier(np.matmul(lossRows.reshape([batch * lossTokens, hidden]), weight('wte.weight').transpose()));
  const chosen = logits.ref.mul(nn.oneHot(targets, vocabulary)).sum(-1);
  return nn.logsumexp(logits, -1).sub(chosen).mean();
}

/** x, written out. */
function barrier(x: Array_): Array_ {
  const last = x.shape.at(-1)!;
  const padded = np.pad(x, { [x.shape.length - 1]: [0, 1] });
  return padded.slice(...x.shape.slice(0, -1).map((): [] => []), [0, last]);
}
