// AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2) in the order of torch.optim.AdamW:
// p *= 1 - lr·decay;  m += (1 - beta1)(g - m);  v = beta2·v + (1 - beta2)·g²;  p -= lr/bias1 · m / (sqrt(v)/rootBias2 + eps)
// parameters, gradients, first and second moments: flat   blocks: (start, count) of each adapter
// x, z: elements of the adapter (z for more than fit in x), y: adapters.
import package::shared::results::Result;
import package::shared::step::{StepHeader, AdapterStep};

// 1 - beta is taken in f64: of 0.999 in f32 it would be off by 1e-5 of itself.
struct Params { beta2: f32, oneMinusBeta1: f32, oneMinusBeta2: f32, eps: f32 }
struct Step { header: StepHeader, adapters: array<AdapterStep> }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> blocks: array<vec2u>;
@group(0) @binding(3) var<storage, read> step: Step;
@group(0) @binding(4) var<storage, read> results: array<Result>;
@group(0) @binding(5) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(6) var<storage, read_write> first: array<f32>;
@group(0) @binding(7) var<storage, read_write> second: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let adapter = workgroup.y;
  let i = (workgroup.z * workgroups.x + workgroup.x) * 256u + lane;
  let block = blocks[adapter];
  if (i >= block.y || results[adapter].isStopped == 1u) { return; }
  let now = step.adapters[adapter];
  let at = block.x + i;
  let g = gradients[at] * results[adapter].clipScale;
  let m = first[at] + params.oneMinusBeta1 * (g - first[at]);
  let v = params.beta2 * second[at] + params.oneMinusBeta2 * g * g;
  first[at] = m;
  second[at] = v;
  let kept = parameters[at] * (1.0 - now.learningRate * now.weightDecay);
  parameters[at] = kept - (now.learningRate / now.biasCorrection1) * m / (sqrt(v) / now.biasCorrection2Root + params.eps);
}
